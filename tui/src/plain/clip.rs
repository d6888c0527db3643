//! The feed in lines: a numbered page of clips, and one clip described and heard.

use std::sync::Arc;
use std::time::Duration;

use kinora_protocol::api::{ClipState, FeedItem, Request, Response, said_words};
use kinora_protocol::ids::{AuthorId, BlobHash};
use kinora_protocol::text::Text;

use super::{Page, Plain};
use crate::app::feed::{HEART, state_word};
use crate::view::words::{age, safe, who};

/// Clips on one page.
const PAGE: usize = 9;
/// How much longer than its length a clip may take to be heard.
const TAIL: Duration = Duration::from_secs(2);

/// What covers a clip, as the end of its line.
fn covered(item: &FeedItem) -> String {
    if item.cover.is_empty() {
        String::new()
    } else {
        format!(" Covered: {}.", safe(&said_words(&item.cover)))
    }
}

impl Plain<'_> {
    /// Pages of clips, newest first.
    pub(super) fn feed(&mut self) -> Page {
        let mut before = None;
        loop {
            let request = Request::Feed { before: before.clone(), limit: PAGE };
            let Some(Response::Feed { items }) = self.call(request)? else { return Ok(()) };
            if items.is_empty() {
                return self.say(if before.is_none() {
                    "Your feed is empty. Choose 2 to make a clip, or 5 to follow someone."
                } else {
                    "There are no older clips."
                });
            }
            for (at, item) in items.iter().enumerate() {
                let line = format!("{}. {}", at + 1, self.describe(item));
                self.say(line)?;
            }
            match self.ask("Number of a clip, m for older clips, nothing to go back")?.as_str() {
                "" => return Ok(()),
                "m" => before = items.last().map(|i| i.cursor.clone()),
                choice => match choice.parse::<usize>().ok().and_then(|n| items.get(n.checked_sub(1)?)) {
                    Some(item) => self.clip(item)?,
                    None => self.say("There is no such clip here.")?,
                },
            }
        }
    }

    fn describe(&self, item: &FeedItem) -> String {
        let title = if item.title.is_empty() { "Untitled".to_owned() } else { safe(item.title.as_str()) };
        let seconds = item.format.millis() as f64 / 1_000.0;
        format!(
            "{title}, by {}, {}, {seconds:.0} seconds, {}, {}.",
            self.name(&item.author_name, item.author),
            age(self.options.unix_seconds, item.time),
            state_word(item.state),
            item.verdict.as_str()
        ) + &covered(item)
    }

    /// Says why a clip is covered and asks whether to open it.
    fn opens(&mut self, item: &FeedItem) -> Page<bool> {
        if item.cover.is_empty() {
            return Ok(true);
        }
        self.say(format!("It is covered: {}.", safe(&said_words(&item.cover))))?;
        Ok(self.ask("o opens it, nothing leaves it covered")?.as_str() == "o")
    }

    fn name(&self, name: &Text, author: AuthorId) -> String {
        if self.me == Some(author) { "you".to_owned() } else { who(name, author) }
    }

    /// One clip: what it shows, its comments, and what can be done with it.
    fn clip(&mut self, item: &FeedItem) -> Page {
        let clip = item.clip;
        if let Some(Response::Clip(view)) = self.call(Request::Show { clip })? {
            if !view.prompt.is_empty() {
                self.say(format!("It shows: {}", safe(view.prompt.as_str())))?;
            }
            if !view.parents.is_empty()
                && let Some(Response::Lineage(lineage)) = self.call(Request::Lineage { clip })?
                && let Some(credit) = lineage.credit()
            {
                self.say(format!("It is a {}.", safe(&credit)))?;
            }
            for comment in &view.comments {
                let name = self.name(&comment.author_name, comment.author);
                self.say(format!("Comment by {name}: {}", safe(comment.text.as_str())))?;
            }
        }
        loop {
            match self.ask("1 listen, 2 like, 3 comment, nothing to go back")?.as_str() {
                "" => return Ok(()),
                "1" if !self.opens(item)? => {}
                "1" if item.state == ClipState::Ready => self.listen(item.blob)?,
                "1" => {
                    self.say("The clip is not here; asking the network for it.")?;
                    if self.call(Request::Fetch { clip })?.is_some() {
                        self.listen(item.blob)?;
                    }
                }
                "2" => {
                    let on = item.mine.is_none();
                    let mark = item.mine.as_ref().map_or(HEART, |m| m.as_str()).to_owned();
                    if self.call(Request::React { clip, mark, on })?.is_some() {
                        self.say(if on { "Liked." } else { "Like taken back." })?;
                    }
                }
                "3" => {
                    let text = self.ask("Your comment; it is signed and public")?;
                    if !text.is_empty() && self.call(Request::Comment { clip, text })?.is_some() {
                        self.say("Comment published.")?;
                    }
                }
                _ => self.say("That is not a choice.")?,
            }
        }
    }

    /// Plays a clip's sound to its end.
    pub(super) fn listen(&mut self, blob: BlobHash) -> Page {
        let Some(bytes) = self.blob(blob)? else { return Ok(()) };
        let footage = match self.options.decoder.decode(&bytes) {
            Ok(footage) => footage,
            Err(why) => return self.say(format!("This clip does not play: {}", safe(&why))),
        };
        if footage.samples.is_empty() || !self.options.sound {
            return self.say("There is nothing to hear.");
        }
        let length = Duration::from_secs_f64(footage.seconds());
        self.say(format!("Playing {:.0} seconds.", length.as_secs_f64()))?;
        self.speaker.play(Arc::new(footage), Duration::ZERO);
        self.speaker.finish(length + TAIL);
        self.speaker.stop();
        match self.speaker.state() {
            Some(Err(why)) => self.say(format!("There is no sound: {why}")),
            _ => self.say("Done."),
        }
    }
}
