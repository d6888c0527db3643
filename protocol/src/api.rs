//! The control API: what the CLI and the terminal program may ask of a node, and what it answers.
//!
//! HTTP over the Unix socket `KINORA_HOME/node.sock`: `POST /v1/call` with a [`Request`] as JSON answers with a
//! [`Response`] or an [`ApiError`] (status 4xx or 5xx); `GET /v1/blobs/{hash}` gives the bytes of a blob that may be
//! shown; `GET /v1/events` is a stream of server-sent events, each an [`Event`] as JSON.
//! Text that came from another author is [`Text`] here, already sanitised.

mod block;
mod cameo;
mod clip;
mod export;
mod find;
mod inbox;
mod labels;
mod lineage;
mod make;

use serde::{Deserialize, Serialize};

use crate::ids::{AuthorId, BlobHash, DeviceKey, Rid, TransportKey};
use crate::job::{Stage, StageTime};
use crate::recipe::Recipe;
use crate::shot::Reading;
use crate::text::Text;

pub use block::{BlockAnswer, BlockCall, BlockView, HeldView, ListView};
pub use cameo::{
    CameoAnswer, CameoCall, CameoView, GrantView, MakeCameo, MakeUse, PersonView, UsePerson, UseView,
};
pub use clip::{ClipState, ClipView, CommentView, FeedItem, Verified, VerifyWhat};
pub use export::{ExportRequest, Exported};
pub use find::{FindWhat, Found, FoundClip, Likeness, SamePicture};
pub use inbox::{InboxItem, InboxKind, InboxState, UseRow};
pub use labels::{LabelAnswer, LabelCall, LabelView, LabelerView, MeaningView, said_words};
pub use lineage::{AuditOutcome, AuditView, Kin, Lineage, Side};
pub use make::{MakeCut, MakeParent, MakeRequest, MakeShot, MaterialPaths, ParentFrom};

/// Number of a job in the studio; unique in one home.
pub type JobId = u64;

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Request {
    /// How the node stands.
    Status,
    /// Reads a prompt and says what was understood, without rendering.
    Read {
        /// The prompt.
        prompt: String,
    },
    /// Puts a render into the studio's queue.
    Make(Box<MakeRequest>),
    /// Jobs of the studio, newest first.
    Jobs,
    /// Cancels a job.
    Cancel {
        /// Which.
        job: JobId,
    },
    /// Publishes a draft.
    Publish {
        /// The job whose clip is still a draft.
        job: JobId,
        /// Its licence, an SPDX expression; what was said when it was made, or the usual one, when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        licence: Option<String>,
        /// Whether the authors of the clips it was made from permitted it.
        #[serde(default, skip_serializing_if = "is_false")]
        permitted: bool,
        /// What this persona says of it beside what was said when it was made.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
    },
    /// Clips of the people this persona follows and its own, newest first.
    Feed {
        /// Only clips before this position (from [`FeedItem::cursor`]).
        before: Option<String>,
        /// At most this many.
        limit: usize,
    },
    /// One clip with its recipe, reactions and comments.
    Show {
        /// Which.
        clip: Rid,
    },
    /// What a clip was made from, and what was made from it.
    Lineage {
        /// Which.
        clip: Rid,
    },
    /// Makes a clip again from its recipe and compares. It takes as long as the clip took.
    Audit {
        /// Which.
        clip: Rid,
        /// The files it was made from beside its prompt, as far as its recipe names some.
        #[serde(default, skip_serializing_if = "MaterialPaths::is_empty")]
        materials: MaterialPaths,
    },
    /// Publishes a part of a clip.
    Cut(MakeCut),
    /// Writes a clip to a file for people outside of the network, with a visible label.
    Export(ExportRequest),
    /// Fetches a clip's blob now if it is not here.
    Fetch {
        /// Which.
        clip: Rid,
    },
    /// Publishes a clip from a file made elsewhere.
    Import {
        /// Absolute path of an AV1 + Opus MP4 on the node's machine.
        path: String,
        /// Title shown in feeds.
        title: String,
        /// Its licence, an SPDX expression; the usual one when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        licence: Option<String>,
        /// What this persona says of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
    },
    /// Checks a clip or a file, whoever made it.
    Verify {
        /// Which.
        what: VerifyWhat,
    },
    /// Follows or unfollows an author.
    Follow {
        /// Whom.
        author: AuthorId,
        /// Whether to follow.
        on: bool,
    },
    /// Sets or takes back a reaction on a clip.
    React {
        /// Which clip.
        clip: Rid,
        /// The mark, a short text such as `♥`.
        mark: String,
        /// Whether it is set.
        on: bool,
    },
    /// Comments on a clip.
    Comment {
        /// Which clip.
        clip: Rid,
        /// What is said.
        text: String,
    },
    /// Deletes one's own record.
    Delete {
        /// Which.
        target: Rid,
    },
    /// Changes this persona's profile.
    SetProfile {
        /// Name.
        name: String,
        /// Biography.
        bio: String,
    },
    /// People followed, with their profiles.
    Following,
    /// Peers on the network.
    Peers,
    /// Connects to a peer.
    Dial {
        /// Its multiaddress, ending in `/p2p/…`.
        address: String,
    },
    /// This persona's public keys.
    Keys,
    /// Something about cameos.
    Cameo(Box<CameoCall>),
    /// Something about labels.
    Label(Box<LabelCall>),
    /// Something about block lists.
    Block(Box<BlockCall>),
    /// Looks for the known clips that something points to.
    Find {
        /// What.
        what: FindWhat,
    },
    /// Ends the node.
    Shutdown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// The answer to the [`Request`] of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// To `status`.
    Status(Box<Status>),
    /// To `read`.
    Reading(Reading),
    /// To `make`: the job as queued.
    Job(Box<Job>),
    /// To `jobs`.
    Jobs {
        /// Newest first.
        jobs: Vec<Job>,
    },
    /// To `feed`.
    Feed {
        /// Newest first.
        items: Vec<FeedItem>,
    },
    /// To `show`.
    Clip(Box<ClipView>),
    /// To `lineage`.
    Lineage(Box<Lineage>),
    /// To `audit`.
    Audit(Box<AuditView>),
    /// To `verify`.
    Verified(Box<Verified>),
    /// To `export`.
    Exported(Exported),
    /// To `publish`, `import`, `cut`, `follow`, `react`, `comment`, `delete` and `set_profile`: the record made.
    Record {
        /// Its id.
        rid: Rid,
    },
    /// To `following`.
    Following {
        /// In the order of their names.
        people: Vec<Person>,
    },
    /// To `peers`.
    Peers {
        /// Connected first.
        peers: Vec<Peer>,
    },
    /// To `keys`.
    Keys(Box<Keys>),
    /// To `cameo`.
    Cameo(Box<CameoAnswer>),
    /// To `label`.
    Label(Box<LabelAnswer>),
    /// To `block`.
    Block(Box<BlockAnswer>),
    /// To `find`.
    Found(Box<Found>),
    /// To `fetch`, `cancel`, `dial` and `shutdown`.
    Done,
}

/// Who is to blame for a call that failed; decides the HTTP status and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// What was asked is wrong.
    Request,
    /// It is not there.
    Missing,
    /// Something is full or busy; the same call may go through later.
    Busy,
    /// The network could not provide it.
    Network,
    /// The machine: disk, permissions, memory.
    System,
    /// A defect of Kinora.
    Internal,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// Who is to blame.
    pub blame: Blame,
    /// What was wrong.
    pub message: String,
    /// What to do next; empty when there is nothing to add.
    #[serde(default)]
    pub hints: Vec<String>,
}

/// How a node stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// The author of this persona.
    pub author: AuthorId,
    /// Its profile name, or an empty text.
    pub name: Text,
    /// libp2p peer id of the node.
    pub peer: String,
    /// Addresses others can dial, each ending in `/p2p/…`.
    pub addresses: Vec<String>,
    /// Records stored.
    pub records: u64,
    /// Blobs stored in full.
    pub blobs: u64,
    /// Bytes of blobs stored.
    pub bytes: u64,
    /// Connected peers.
    pub peers: u64,
    /// What is known of being reachable: `offline`; `local`; `public` when it listens on an address of the internet,
    /// before which a firewall may still stand.
    pub reachability: String,
    /// Jobs waiting or running.
    pub jobs: u64,
    /// Seconds since start.
    pub uptime: u64,
    /// Path of the home.
    pub home: String,
    /// Whether the keystore is encrypted with a passphrase.
    pub keystore_passphrase: bool,
}

/// State of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// Renders.
    Running {
        /// Stage.
        stage: Stage,
        /// Units finished in the stage.
        done: u32,
        /// Units in the stage.
        total: u32,
        /// Share of the whole job, 0 … 1.
        fraction: f32,
        /// Estimated milliseconds to go.
        eta_millis: Option<u64>,
    },
    /// Rendered and stored, not published.
    Draft {
        /// The clip's blob.
        blob: BlobHash,
    },
    /// Rendered, stored and published.
    Published {
        /// The clip's record.
        clip: Rid,
        /// The clip's blob.
        blob: BlobHash,
    },
    /// Stopped on request.
    Cancelled,
    /// Could not be done.
    Failed {
        /// Why.
        reason: String,
    },
}

/// One render.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The prompt.
    pub prompt: Text,
    /// What was understood of it.
    pub reading: Reading,
    /// The seed.
    pub seed: u64,
    /// Length in milliseconds.
    pub millis: u64,
    /// State.
    pub state: JobState,
    /// Unix seconds when it was queued.
    pub created: u64,
    /// Milliseconds spent rendering.
    pub elapsed_millis: u64,
    /// Time by stage, once done.
    pub times: Vec<StageTime>,
    /// How to make it again, once done.
    pub recipe: Option<Recipe>,
}

/// Someone this persona follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub author: AuthorId,
    /// Profile name, or an empty text.
    pub name: Text,
    /// Biography, or an empty text.
    pub bio: Text,
    /// Clips known of them.
    pub clips: u64,
}

/// One peer on the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    /// libp2p peer id.
    pub peer: String,
    /// Its transport key.
    pub transport: Option<TransportKey>,
    /// Address it is connected by, or was last seen at.
    pub address: Text,
    /// What it calls itself.
    pub agent: Text,
    /// Whether it is connected.
    pub connected: bool,
    /// Whether it is in the gossip mesh.
    pub in_mesh: bool,
    /// Round trip in milliseconds.
    pub rtt_millis: Option<u64>,
    /// Records it gave us that were accepted.
    pub accepted: u64,
    /// Records it gave us that were refused.
    pub refused: u64,
    /// The last reason for a refusal.
    pub last_fault: Option<String>,
}

/// Public keys of this persona.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keys {
    /// The author id others follow.
    pub author: AuthorId,
    /// Name of the persona in this keystore.
    pub persona: String,
    /// Key of this device.
    pub device: DeviceKey,
    /// The node's transport key.
    pub transport: TransportKey,
    /// Unix seconds when the persona was made.
    pub created: u64,
    /// Whether the keystore is encrypted with a passphrase.
    pub passphrase: bool,
}

/// What a node tells those who listen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A job changed.
    Job(Box<Job>),
    /// How a running job looks so far.
    Preview {
        /// Which job.
        job: JobId,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// `width × height × 3` bytes as hexadecimal digits.
        rgb_hex: String,
    },
    /// The feed changed; ask again.
    FeedChanged,
    /// Peers changed; ask again.
    PeersChanged,
    /// Something worth a line.
    Notice {
        /// The line.
        text: String,
    },
    /// Events were lost because the listener was slow; ask for everything again.
    Lagged,
}
