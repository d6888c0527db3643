//! What each call of the control API does. One method per call; the door, the studio and the network do the work.

use std::path::Path;
use std::sync::Arc;

use kinora_protocol::api::{ApiError, Event, Keys, Person, Request, Response, Status};
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::job::inspect::{Media, Question};
use kinora_protocol::limits::{
    BIO_CHARS_MAX, CLIP_BYTES_MAX, COMMENT_CHARS_MAX, FEED_PAGE_MAX, NAME_CHARS_MAX, REACTION_BYTES_MAX,
};
use kinora_protocol::record::{Body, Comment, Delete, Follow, Profile, React, SYNTHETIC};
use kinora_protocol::shot::Shot;
use kinora_protocol::text::Text;

use super::lineage::Wish;
use super::publisher::Finished;
use super::{Core, labelling, verify, views};
use crate::error::{self, Hint as _};
use crate::store::BlobState;
use crate::swarm::NetError;
use crate::{files, studio};

impl Core {
    /// Answers one call.
    ///
    /// # Errors
    /// Whatever went wrong, with who is to blame.
    pub async fn answer(self: Arc<Self>, request: Request) -> Result<Response, ApiError> {
        match request {
            Request::Status => Ok(Response::Status(Box::new(self.status().await?))),
            Request::Read { prompt } => {
                let reading = Shot::parse(&prompt).map_err(|fault| studio::prompt_error(&fault))?;
                Ok(Response::Reading(reading))
            }
            Request::Make(make) => self.make(*make).await,
            Request::Jobs => Ok(Response::Jobs { jobs: self.studio.jobs() }),
            Request::Cancel { job } => self.studio.cancel(job).map(|()| Response::Done),
            Request::Publish { job, licence, permitted, labels } => {
                let published = self.publish_draft(job, licence, permitted, labels).await;
                published.map(|rid| Response::Record { rid })
            }
            Request::Feed { before, limit } => self.feed(before.as_deref(), limit),
            Request::Show { clip } => Ok(Response::Clip(Box::new(views::clip_view(&self, clip)?))),
            Request::Lineage { clip } => Ok(Response::Lineage(Box::new(self.lineage(clip)?))),
            Request::Audit { clip, materials } => {
                Ok(Response::Audit(Box::new(Box::pin(self.audit(clip, materials)).await?)))
            }
            Request::Cut(cut) => Box::pin(self.cut(cut)).await,
            Request::Export(asked) => Box::pin(self.export(asked)).await.map(Response::Exported),
            Request::Fetch { clip } => self.fetch(clip).await,
            Request::Import { path, title, licence, labels } => {
                let rid = self.import(Path::new(&path), title, licence.as_deref(), labels).await?;
                Ok(Response::Record { rid })
            }
            Request::Verify { what } => self.verify(&what).await.map(|v| Response::Verified(Box::new(v))),
            Request::Follow { author, on } => self.follow(author, on).await,
            Request::React { clip, mark, on } => self.react(clip, mark, on).await,
            Request::Comment { clip, text } => self.comment(clip, text).await,
            Request::Delete { target } => self.delete(target).await,
            Request::SetProfile { name, bio } => self.set_profile(name, bio).await,
            Request::Following => self.following(),
            Request::Peers => Ok(self.peers()),
            Request::Dial { address } => self.dial(&address).await,
            Request::Cameo(call) => self.cameo(*call).await,
            Request::Label(call) => self.label(*call).await,
            Request::Block(call) => self.block(*call).await,
            Request::Find { what } => self.find(&what).await.map(|found| Response::Found(Box::new(found))),
            Request::Keys => Ok(Response::Keys(Box::new(self.keys()))),
            Request::Shutdown => {
                self.asked_to_stop.cancel();
                Ok(Response::Done)
            }
        }
    }
}

impl Core {
    fn feed(&self, before: Option<&str>, limit: usize) -> Result<Response, ApiError> {
        let before = before.map(views::read_cursor).transpose()?;
        let items = views::feed(self, before, limit.clamp(1, FEED_PAGE_MAX))?;
        Ok(Response::Feed { items })
    }

    async fn follow(&self, author: AuthorId, on: bool) -> Result<Response, ApiError> {
        if author == self.publisher.author() {
            return Err(error::request("that is your own id: your clips are in your feed anyway"));
        }
        let rid = self.publisher.publish(Body::Follow(Follow { author, set: on })).await?;
        if on && let Some(net) = &self.publisher.net {
            net.sync_now();
        }
        self.tell(Event::FeedChanged);
        Ok(Response::Record { rid })
    }

    async fn react(&self, clip: Rid, mark: String, on: bool) -> Result<Response, ApiError> {
        self.known_clip(clip)?;
        if mark.is_empty() || mark.len() > REACTION_BYTES_MAX {
            let message = format!("a mark has 1 to {REACTION_BYTES_MAX} bytes");
            return Err(error::request(message).hint("for example ♥"));
        }
        let rid = self.publisher.publish(Body::React(React { on: clip, mark, set: on })).await?;
        Ok(Response::Record { rid })
    }

    async fn comment(&self, clip: Rid, text: String) -> Result<Response, ApiError> {
        self.known_clip(clip)?;
        let text = text.trim().to_owned();
        if text.is_empty() || text.chars().count() > COMMENT_CHARS_MAX {
            return Err(error::request(format!("a comment has 1 to {COMMENT_CHARS_MAX} characters")));
        }
        let rid = self.publisher.publish(Body::Comment(Comment { on: clip, text })).await?;
        Ok(Response::Record { rid })
    }

    async fn set_profile(&self, name: String, bio: String) -> Result<Response, ApiError> {
        if name.chars().count() > NAME_CHARS_MAX || bio.chars().count() > BIO_CHARS_MAX {
            let message =
                format!("a name has at most {NAME_CHARS_MAX} characters, a biography {BIO_CHARS_MAX}");
            return Err(error::request(message));
        }
        let rid = self.publisher.publish(Body::Profile(Profile { name, bio })).await?;
        self.tell(Event::FeedChanged);
        Ok(Response::Record { rid })
    }
}

impl Core {
    async fn status(&self) -> Result<Status, ApiError> {
        let publisher = &self.publisher;
        let records = publisher.store.counts()?.records;
        let blobs = publisher.blobs.counts().await;
        let (mut addresses, mut peers) = (Vec::new(), 0);
        if let Some(net) = &publisher.net {
            addresses = net.addresses().iter().map(ToString::to_string).collect();
            peers = net.peers().iter().filter(|peer| peer.connected).count() as u64;
        }
        let reachability = match (&publisher.net, addresses.iter().any(|address| is_public(address))) {
            (None, _) => "offline",
            (Some(_), true) => "public",
            (Some(_), false) => "local",
        };
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            author: publisher.author(),
            name: self.name_of(publisher.author())?,
            peer: self.peer.clone(),
            addresses,
            records,
            blobs: blobs.blobs,
            bytes: blobs.bytes,
            peers,
            reachability: reachability.to_owned(),
            jobs: self.studio.busy() as u64,
            uptime: self.started.elapsed().as_secs(),
            home: self.home.path().display().to_string(),
            keystore_passphrase: publisher.keys.is_sealed(),
        })
    }

    fn keys(&self) -> Keys {
        let keys = &self.publisher.keys;
        let persona = keys.persona();
        Keys {
            author: persona.author,
            persona: persona.name.clone(),
            device: persona.device,
            transport: self.transport,
            created: persona.created,
            passphrase: keys.is_sealed(),
        }
    }

    fn following(&self) -> Result<Response, ApiError> {
        let authors = self.publisher.store.following(&self.publisher.author())?;
        let people: Result<Vec<Person>, ApiError> =
            authors.into_iter().map(|author| views::person(self, author)).collect();
        let mut people = people?;
        people.sort_by(|a, b| (&a.name, a.author).cmp(&(&b.name, b.author)));
        Ok(Response::Following { people })
    }

    fn peers(&self) -> Response {
        let peers = match &self.publisher.net {
            Some(net) => net.peers(),
            None => Vec::new(),
        };
        Response::Peers { peers }
    }

    async fn dial(&self, address: &str) -> Result<Response, ApiError> {
        let Some(net) = &self.publisher.net else {
            return Err(error::network("this node is offline"));
        };
        net.dial_text(address).await.map_err(|fault| net_error(&fault))?;
        Ok(Response::Done)
    }

    async fn delete(&self, target: Rid) -> Result<Response, ApiError> {
        let store = &self.publisher.store;
        let Some(checked) = store.get(&target)? else { return Err(views::absent(self, target)?) };
        if checked.author() != self.publisher.author() {
            return Err(error::request("that is somebody else's: only its author can delete it")
                .hint("`kinora unfollow` removes an author from your feed"));
        }
        let rid = self.publisher.publish(Body::Delete(Delete { targets: vec![target] })).await?;
        Ok(Response::Record { rid })
    }

    async fn fetch(&self, clip: Rid) -> Result<Response, ApiError> {
        self.known_clip(clip)?;
        let Some(checked) = self.publisher.store.get(&clip)? else { return Err(views::absent(self, clip)?) };
        if let Body::Clip(clip) = &checked.record().body {
            self.not_hidden(&checked, clip)?;
            let hash = clip.blob.hash;
            if let Some(BlobState::Barred(barred)) = self.publisher.store.blob_state(&hash)? {
                return Err(self.publisher.seen.refusal(&hash, "fetched", &barred));
            }
            if self.publisher.blobs.has(hash).await {
                // It may have been judged by an older version, or not at all.
                if !matches!(self.publisher.store.blob_state(&hash)?, Some(BlobState::Complete(_))) {
                    self.fetching.judge(hash).await;
                }
                return Ok(Response::Done);
            }
            if self.publisher.net.is_none() {
                return Err(error::network("this node is offline, and the clip's file is not here"));
            }
            self.fetching
                .ask(clip)
                .map_err(|why| error::request(format!("the clip is not fetched: {why}")))?;
        }
        Ok(Response::Done)
    }

    async fn import(
        &self,
        path: &Path,
        title: String,
        licence: Option<&str>,
        labels: Vec<String>,
    ) -> Result<Rid, ApiError> {
        labelling::own_labels(&labels)?;
        // The file may say of itself that a model made it: room for one more.
        labelling::merged(vec![SYNTHETIC.to_owned()], labels.clone())?;
        let licence = self.licence(&[], Wish { licence, permitted: false, draft: false })?;
        let bytes = files::read(path, CLIP_BYTES_MAX)?;
        let questions = &[Question::Describe, Question::Decode, Question::Poster, Question::Fingerprint];
        let inspected = self.publisher.inspectors.inspect(bytes.clone(), questions, None).await;
        let inspected = inspected.map_err(|e| verify::unavailable(&e))?;
        let no_clip = |reason: &str| {
            error::request(format!("{} is not a clip: {reason}", path.display()))
                .hint("Kinora takes AV1 and Opus in MP4; convert it with another program first")
        };
        if let Some(reason) = verify::failure(&inspected) {
            return Err(no_clip(reason));
        }
        let (Some(Media::Clip(found)), Some(still)) = (inspected.media, inspected.poster) else {
            return Err(no_clip("it is a still"));
        };
        let print = inspected.fingerprint;
        let finished = Finished {
            licence,
            labels,
            print,
            ..Finished::new(title, bytes, still.into_vec(), found.format)
        };
        let rid = self.publisher.publish_file(finished).await?;
        self.tell(Event::FeedChanged);
        Ok(rid)
    }

    pub(super) fn known_clip(&self, clip: Rid) -> Result<(), ApiError> {
        match self.publisher.store.get(&clip)? {
            Some(checked) if matches!(checked.record().body, Body::Clip(_)) => Ok(()),
            Some(_) => Err(error::request(format!("{clip} is not a clip"))),
            None => Err(views::absent(self, clip)?),
        }
    }

    /// The profile name of an author, or an empty text.
    ///
    /// # Errors
    /// When the store fails.
    pub fn name_of(&self, author: AuthorId) -> Result<Text, ApiError> {
        let profile = self.publisher.store.profile(&author)?;
        Ok(profile.map(|p| Text::line(&p.name, NAME_CHARS_MAX)).unwrap_or_default())
    }
}

/// Who is to blame when the network says no.
#[must_use]
pub fn net_error(fault: &NetError) -> ApiError {
    let message = fault.to_string();
    match fault {
        NetError::Listen { .. } => {
            error::system(message).hint("another program may use the port: choose another --listen")
        }
        NetError::Address { .. } => error::request(message)
            .hint("an address looks like /ip4/192.0.2.1/tcp/4001/p2p/12D3…; `kinora status` on the other side shows it"),
        NetError::Unreachable { .. } | NetError::Closed => {
            error::network(message).hint("is the other node running, and the port open?")
        }
        NetError::Settings(_) => error::internal(message),
    }
}

/// Whether a multiaddress names a host that the whole internet can reach.
fn is_public(address: &str) -> bool {
    let mut parts = address.split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some("ip4"), Some(ip)) => ip.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| {
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_documentation()
                || ip.is_broadcast())
                && !(ip.octets().first() == Some(&100)
                    && ip.octets().get(1).is_some_and(|b| (64..128).contains(b)))
        }),
        (Some("ip6"), Some(ip)) => ip
            .parse::<std::net::Ipv6Addr>()
            .is_ok_and(|ip| ip.segments().first().is_some_and(|s| s & 0xe000 == 0x2000)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for (address, public) in [
            ("/ip4/127.0.0.1/tcp/1", false),
            ("/ip4/192.168.1.2/tcp/1/p2p/x", false),
            ("/ip4/100.64.0.1/tcp/1", false),
            ("/ip4/203.0.113.7/tcp/1", false),
            ("/ip4/8.8.8.8/tcp/1", true),
            ("/ip6/::1/tcp/1", false),
            ("/ip6/fe80::1/tcp/1", false),
            ("/ip6/2001:4860::1/tcp/1", true),
            ("nonsense", false),
        ] {
            assert_eq!(is_public(address), public, "{address}");
        }
    }
}
