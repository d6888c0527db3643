//! Requests on their way: what each answer is for. Bounded, so that a silent node cannot fill memory.

use std::collections::BTreeMap;

use kinora_protocol::api::JobId;
use kinora_protocol::ids::Rid;

use super::overlay::Question;

/// Most requests without an answer.
const WAITING_MAX: usize = 64;

/// What an answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Status,
    Feed,
    /// Clips before the last one shown.
    OlderFeed,
    Show(Rid),
    Lineage(Rid),
    Fetch(Rid),
    Jobs,
    Read,
    Make,
    CancelJob(JobId),
    Publish(JobId),
    Inbox,
    Uses,
    Cameos,
    Peers,
    Labelers,
    /// Clips that something is said of.
    Labelled,
    Keys,
    /// Changes something; the text says what was done.
    Change(&'static str),
    /// The same by what was typed into a question, which is asked again when the node says no.
    Asked(Box<Asked>),
}

/// A question that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) text: String,
    /// What was done, once it is.
    pub(crate) done: &'static str,
}

/// The open requests by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    last: u64,
    waiting: BTreeMap<u64, Call>,
}

impl Calls {
    /// A number for a new request; `None` when too many are waiting.
    pub(crate) fn open(&mut self, call: Call) -> Option<u64> {
        if self.waiting.len() >= WAITING_MAX {
            return None;
        }
        self.last += 1;
        self.waiting.insert(self.last, call);
        Some(self.last)
    }

    /// Takes the request that an answer belongs to; `None` for an answer to nothing.
    pub(crate) fn close(&mut self, id: u64) -> Option<Call> {
        self.waiting.remove(&id)
    }

    /// Whether such a request is on its way.
    pub(crate) fn waiting(&self, call: &Call) -> bool {
        self.waiting.values().any(|c| c == call)
    }
}
