//! Cameos of this persona and of others: the calls about them, and two tasks that a running node owes.
//!
//! Stills stay in `cameos/` of the home, in a folder for each cameo, and are never published, served or sent: the record
//! commits to them. The node that holds that folder signs the heads; no other does, so that no two heads have one number.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kinora_protocol::api::{ApiError, CameoAnswer, CameoCall, CameoView, Event, GrantView, Response};
use kinora_protocol::consent::ConsentSet;
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::job::inspect::Media;
use kinora_protocol::limits::{
    CONSENT_GRANT_SECONDS_MAX, CONSENT_REFERENCES_MAX, CONSENT_WORD_BYTES_MAX, NAME_CHARS_MAX,
    STILL_BYTES_MAX,
};
use kinora_protocol::record::{
    Approve, Body, Cameo, Command, Grant, Grantee, Open, Policy, Reference, ReferenceKind, Remix, Revoke,
    Status, Target, Tickets,
};
use kinora_protocol::text::Text;
use tokio_util::sync::CancellationToken;

use super::Core;
use crate::error::{self, Hint as _};
use crate::{clock, files, random};

/// How often a running node looks whether a head of its own is to be signed again.
const HEADS_EVERY: Duration = Duration::from_secs(60);
/// How old a head gets before the next one, in seconds: half of what a clip may staple.
const HEAD_AGE_MAX: u64 = 1_800;
/// Longest sentence about a witness, in characters.
const WITNESS_CHARS_MAX: usize = 160;
/// What an issuer agrees to by a grant; its hash stands in the record.
pub(super) const NOTICE: &str = "You let somebody show you in clips, within the policy of this grant, until it ends or you take it back. \
    Taken back with a takedown, every honest node stops showing these clips and deletes them; copies elsewhere may stay.";

/// A still with its salt, and what the record says of it.
struct Kept {
    salt: [u8; 32],
    still: Vec<u8>,
}

impl Core {
    pub(super) async fn cameo(self: &Arc<Self>, call: CameoCall) -> Result<Response, ApiError> {
        let answer = match call {
            CameoCall::Enrol { name, stills, open, policy, recording } => {
                self.enrol(name, stills, (open, policy, recording)).await?
            }
            CameoCall::Ask { cameo, ask } => self.ask_for_grant(cameo, ask).await?,
            CameoCall::Accept { ask } => self.accept(ask).await?,
            CameoCall::Refuse { ask } => self.refuse_ask(ask).await?,
            CameoCall::Inbox => self.inbox()?,
            CameoCall::Uses { cameo } => self.uses(cameo)?,
            CameoCall::Receipt { of } => self.receipt(of)?,
            CameoCall::Challenge { subject } => self.challenge(subject).await?,
            CameoCall::Phrase { challenge } => self.phrase(challenge)?,
            CameoCall::List => self.views(None),
            CameoCall::Show { cameo } => {
                self.controlled_or_not(&cameo)?;
                self.views(Some(cameo))
            }
            CameoCall::Grant { cameo, to, policy, seconds, uses } => {
                self.grant(cameo, to, policy, (seconds, uses)).await?
            }
            CameoCall::Request { job } => CameoAnswer::Request(self.use_of_draft(job)?),
            CameoCall::Approve { id, yes } => {
                self.say(Body::Approve(Approve { of: id, yes, expires: None })).await?
            }
            CameoCall::Revoke { cameo, target, effect } => {
                self.revoke(Revoke { cameo, target, effect }).await?
            }
            CameoCall::Head { cameo } => {
                self.controlled(&cameo)?;
                CameoAnswer::Record { rid: self.sign_head(&cameo).await? }
            }
        };
        Ok(Response::Cameo(Box::new(answer)))
    }

    async fn say(&self, body: Body) -> Result<CameoAnswer, ApiError> {
        let rid = self.publisher.publish(body).await?;
        self.tell(Event::FeedChanged);
        Ok(CameoAnswer::Record { rid })
    }

    async fn enrol(
        &self,
        name: String,
        stills: Vec<String>,
        (open, policy, recording): (Open, Policy, Option<String>),
    ) -> Result<CameoAnswer, ApiError> {
        if stills.len() > CONSENT_REFERENCES_MAX {
            let message =
                format!("{} stills were given; at most {CONSENT_REFERENCES_MAX} are kept", stills.len());
            return Err(error::request(message).hint("choose the best of them"));
        }
        let mut kept = Vec::new();
        for path in &stills {
            kept.push(self.keep(Path::new(path)).await?);
        }
        let recorded = match &recording {
            Some(path) => Some(self.recorded(Path::new(path)).await?),
            None => None,
        };
        let commit =
            |kept: &Kept| *blake3::Hasher::new().update(&kept.salt).update(&kept.still).finalize().as_bytes();
        let refs =
            kept.iter().map(|kept| Reference { kind: ReferenceKind::Face, commit: commit(kept).into() });
        let cameo = Cameo {
            subject: self.publisher.author(),
            name,
            status: Status::Living,
            open,
            policy,
            refs: refs.collect(),
            controllers: Vec::new(),
            attesters: Vec::new(),
            adult_at: None,
            directive: None,
            life: None,
            seal: Some(self.publisher.keys.letters().public().into()),
            liveness: recorded.as_ref().map(|recorded| recorded.liveness.clone()),
        };
        let rid = self.publisher.publish(Body::Cameo(Box::new(cameo))).await?;
        self.put_away(rid, &kept)?;
        self.sign_head(&rid).await?;
        if let Some(recorded) = recorded {
            self.show_witness(rid, recorded).await?;
        }
        Ok(CameoAnswer::Record { rid })
    }

    /// Reads a still, has it looked at whole, and draws its salt.
    async fn keep(&self, path: &Path) -> Result<Kept, ApiError> {
        let still = files::read(path, STILL_BYTES_MAX as u64)?;
        let unfit = |why: String| {
            error::request(format!("{} cannot be used as a still: {why}", path.display()))
                .hint("a still is a PNG or a JPEG")
        };
        match self.publisher.inspectors.whole(still.clone()).await.map_err(&unfit)? {
            Media::Still { .. } | Media::Poster { .. } => Ok(Kept { salt: random::bytes()?, still }),
            Media::Clip(_) => Err(unfit("it is a clip".to_owned())),
        }
    }

    /// Puts stills and salts where only this user reads them.
    fn put_away(&self, cameo: Rid, kept: &[Kept]) -> Result<(), ApiError> {
        let folder = self.home.cameos().join(cameo.to_string());
        let write = || -> std::io::Result<()> {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
            for (n, Kept { salt, still }) in kept.iter().enumerate() {
                crate::home::write_atomically(&folder.join(format!("{n}.salt")), salt)?;
                crate::home::write_atomically(&folder.join(format!("{n}.still")), still)?;
            }
            Ok(())
        };
        write().map_err(|e| error::file("keep the stills in", &folder, &e))
    }

    pub(super) async fn grant(
        &self,
        cameo: Rid,
        to: Option<AuthorId>,
        policy: Option<Policy>,
        (seconds, uses): (u64, Option<u32>),
    ) -> Result<CameoAnswer, ApiError> {
        let widest = self.controlled(&cameo)?;
        if seconds == 0 || seconds > CONSENT_GRANT_SECONDS_MAX {
            return Err(error::request("a grant lasts from a second to a year").hint("choose other --days"));
        }
        let pol = policy.unwrap_or(widest);
        let mut cmd = vec![Command::Generate, Command::Publish];
        cmd.extend((pol.remix != Remix::None).then_some(Command::Remix));
        cmd.extend(pol.voice.then_some(Command::Voice));
        let now = clock::now_seconds();
        let grant = Grant {
            cameo,
            aud: to.map_or(Grantee::Everyone, Grantee::One),
            cmd,
            pol,
            nbf: now,
            exp: now.saturating_add(seconds),
            uses: uses.map(|count| Tickets { first: 0, count }),
            prf: None,
            nonce: random::bytes::<16>()?.into(),
            notice: (*blake3::hash(NOTICE.as_bytes()).as_bytes()).into(),
        };
        self.say(Body::Grant(Box::new(grant))).await
    }

    async fn revoke(&self, revoke: Revoke) -> Result<CameoAnswer, ApiError> {
        let cameo = revoke.cameo;
        if matches!(revoke.target, Target::Cameo | Target::Use(_) | Target::Clip(_)) {
            self.controlled_or_subject(&cameo)?;
        }
        let answer = self.say(Body::Revoke(revoke)).await?;
        // A fresh head at once, so that nobody can say that they did not know.
        if self.holds(&cameo) {
            self.sign_head(&cameo).await?;
        }
        Ok(answer)
    }

    async fn sign_head(&self, cameo: &Rid) -> Result<Rid, ApiError> {
        let head = self.publisher.store.consents().next_head(cameo, clock::now_seconds());
        let head = head.ok_or_else(|| unknown(cameo))?;
        self.publisher.publish(Body::Head(head)).await
    }

    /// Whether this home holds a cameo and so signs its heads.
    pub(super) fn holds(&self, cameo: &Rid) -> bool {
        self.home.cameos().join(cameo.to_string()).is_dir()
    }

    /// The policy of a cameo that this persona controls.
    pub(super) fn controlled(&self, cameo: &Rid) -> Result<Policy, ApiError> {
        let set = self.publisher.store.consents();
        let (_, body) = set.cameo(cameo).ok_or_else(|| unknown(cameo))?;
        if body.subject == self.publisher.author() || body.controllers.contains(&self.publisher.author()) {
            return Ok(body.policy.clone());
        }
        Err(error::request("that cameo is somebody else's").hint("`kinora cameo show` lists yours"))
    }

    fn controlled_or_subject(&self, cameo: &Rid) -> Result<(), ApiError> {
        self.controlled(cameo).map(|_| ())
    }

    fn controlled_or_not(&self, cameo: &Rid) -> Result<(), ApiError> {
        self.publisher.store.consents().cameo(cameo).map(|_| ()).ok_or_else(|| unknown(cameo))
    }

    fn views(&self, only: Option<Rid>) -> CameoAnswer {
        let (set, me) = (self.publisher.store.consents(), self.publisher.author());
        let cameos = set.cameos().filter(|(rid, ..)| only.is_none_or(|only| only == *rid));
        let views: Vec<CameoView> =
            cameos.map(|(rid, _, cameo)| view(&set, (rid, cameo), me, only.is_some())).collect();
        drop(set);
        let witnessed = |view: CameoView| CameoView {
            witnessed: Text::line(&self.witness_words(&view.cameo), WITNESS_CHARS_MAX),
            ..view
        };
        CameoAnswer::Cameos { cameos: views.into_iter().map(witnessed).collect() }
    }
}

pub(super) fn unknown(cameo: &Rid) -> ApiError {
    error::missing(format!("the cameo {cameo} is not known here"))
        .hint("`kinora cameo show` lists those that are")
}

fn view(set: &ConsentSet, (rid, cameo): (Rid, &Cameo), me: AuthorId, with_grants: bool) -> CameoView {
    let head = set.head_of(&rid).map(|(_, _, head)| head);
    let grants = set.grants_of(rid).filter(|_| with_grants);
    let now = clock::now_seconds();
    CameoView {
        cameo: rid,
        subject: cameo.subject,
        name: Text::line(&cameo.name, NAME_CHARS_MAX),
        mine: cameo.subject == me,
        open: cameo.open,
        approval: cameo.policy.approval,
        fresh_until: head.map(|head| head.next_by),
        head: head.map(|head| head.seq),
        revoked: head.map_or(0, |head| head.revoked),
        granted: granted_for(set, rid, (me, now)),
        witnessed: Text::default(),
        grants: grants
            .map(|(grant, _, body)| GrantView {
                grant,
                to: match body.aud {
                    Grantee::One(author) => Some(author),
                    Grantee::Mutuals | Grantee::Everyone => None,
                },
                until: body.exp,
                uses: body.uses.map(|tickets| tickets.count),
                purposes: body
                    .pol
                    .allow
                    .iter()
                    .map(|word| Text::line(word, CONSENT_WORD_BYTES_MAX))
                    .collect(),
                stands: body.exp >= now && set.grant_stands(grant),
            })
            .collect(),
    }
}

/// Purposes for which grants that stand name this author.
fn granted_for(set: &ConsentSet, cameo: Rid, (me, now): (AuthorId, u64)) -> Vec<Text> {
    let own = set.grants_of(cameo).filter(|(grant, _, body)| {
        body.exp >= now && body.aud == Grantee::One(me) && set.grant_stands(*grant)
    });
    let allowed =
        own.flat_map(|(_, _, body)| body.pol.allow.iter().filter(|word| !body.pol.deny.contains(word)));
    let words: std::collections::BTreeSet<&String> = allowed.collect();
    words.into_iter().map(|word| Text::line(word, CONSENT_WORD_BYTES_MAX)).collect()
}

/// Takes the files of withdrawn clips off the disk as soon as they are withdrawn.
pub(super) async fn take_down(core: Arc<Core>, stop: CancellationToken) {
    loop {
        match core.publisher.store.take_freed() {
            Ok(freed) => {
                for hash in freed.iter().filter(|hash| !core.studio.owns(**hash)) {
                    core.publisher.blobs.remove(*hash).await;
                    core.publisher.seen.forget(hash);
                    if let Err(error) = core.publisher.store.forget_blob(hash) {
                        tracing::error!(%error, "a withdrawn file cannot be forgotten");
                    }
                }
                if !freed.is_empty() {
                    core.tell(Event::FeedChanged);
                }
            }
            Err(error) => tracing::error!(%error, "withdrawn files cannot be listed"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = core.publisher.store.freed() => {}
        }
    }
}

/// Signs the heads of this home's cameos again before they are too old to be stapled.
pub(super) async fn keep_heads(core: Arc<Core>, stop: CancellationToken) {
    loop {
        if core.publisher.net.is_some() {
            for cameo in due(&core, clock::now_seconds()) {
                if let Err(error) = core.sign_head(&cameo).await {
                    tracing::error!(%error, %cameo, "the head of a cameo could not be signed");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(HEADS_EVERY) => {}
        }
    }
}

fn due(core: &Core, now: u64) -> Vec<Rid> {
    let me = core.publisher.author();
    let set = core.publisher.store.consents();
    let mine = set.cameos().filter(|(_, _, cameo)| cameo.subject == me).map(|(rid, ..)| rid);
    let old =
        |rid: &Rid| set.head_of(rid).is_none_or(|(_, time, _)| now.saturating_sub(time) >= HEAD_AGE_MAX);
    mine.filter(|rid| core.holds(rid) && old(rid)).collect()
}
