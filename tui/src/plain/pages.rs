//! The menu and its short pages: peers, keys, following.

use kinora_protocol::api::{Request, Response};
use kinora_protocol::ids::AuthorId;

use super::{Page, Plain, Stop};
use crate::app::answers;
use crate::view::words::{count, safe};

impl Plain<'_> {
    /// The menu, again and again.
    pub(super) fn menu(&mut self) -> Page {
        loop {
            self.say(
                "1 Feed. 2 Create a clip. 3 Peers. 4 Keys. 5 Follow someone. 6 Connect to a peer. 7 Inbox. q Quit.",
            )?;
            let choice = self.ask("Choose")?;
            match choice.as_str() {
                "1" => self.feed()?,
                "2" => self.create()?,
                "3" => self.peers()?,
                "4" => self.keys()?,
                "5" => self.follow()?,
                "6" => self.dial()?,
                "7" => self.inbox()?,
                "q" | "Q" => return Err(Stop::Quit),
                "" => {}
                other => self.say(format!("{} is not a choice.", safe(other)))?,
            }
        }
    }

    fn peers(&mut self) -> Page {
        let Some(Response::Peers { peers }) = self.call(Request::Peers)? else { return Ok(()) };
        let connected = peers.iter().filter(|p| p.connected).count();
        self.say(format!("{} connected.", count(connected as u64, "peer", "peers")))?;
        for (at, peer) in peers.iter().enumerate() {
            let word = if peer.connected { "connected" } else { "away" };
            let rtt = peer.rtt_millis.map_or_else(String::new, |ms| format!(", round trip {ms} ms"));
            self.say(format!("{}. {}, {word}{rtt}.", at + 1, safe(&peer.peer)))?;
        }
        Ok(())
    }

    fn keys(&mut self) -> Page {
        if let Some(Response::Keys(keys)) = self.call(Request::Keys)? {
            self.say(format!("Your id, for others to follow: {}", keys.author))?;
            self.say(if keys.passphrase {
                "The keystore is encrypted with your passphrase."
            } else {
                "The keystore is not encrypted."
            })?;
        }
        if let Some(Response::Status(status)) = self.call(Request::Status)? {
            match answers::address(&status) {
                Some(address) => self.say(format!("Your node's address, for others to dial: {address}"))?,
                None => self.say("Your node has no address that others can dial yet.")?,
            }
        }
        Ok(())
    }

    fn follow(&mut self) -> Page {
        let text = self.ask("Id of the creator, 64 digits; nothing goes back")?;
        if text.is_empty() {
            return Ok(());
        }
        let Ok(author) = text.parse::<AuthorId>() else {
            return self.say("An id is 64 digits 0 to 9 and a to f.");
        };
        if self.call(Request::Follow { author, on: true })?.is_some() {
            self.say("Following. Their clips appear as soon as somebody has them.")?;
        }
        Ok(())
    }

    fn dial(&mut self) -> Page {
        let address = self.ask("Address of the peer; nothing goes back")?;
        if !address.is_empty() && self.call(Request::Dial { address })?.is_some() {
            self.say("Connecting.")?;
        }
        Ok(())
    }
}
