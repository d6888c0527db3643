//! One sync session with one peer, as a task: asks through the driver, offers at the door.

use std::sync::Arc;

use futures::StreamExt as _;
use kinora_protocol::ids::{AuthorId, TransportKey};
use kinora_protocol::sync::{Answer, Memory, Outcome, Request, Session};
use libp2p::PeerId;
use tokio::sync::{mpsc, oneshot};

use super::peers::SyncEnd;
use super::records::{Judged, Records, Via};

/// Records offered at the door at a time.
const OFFERS_MAX: usize = 128;

/// A question a session wants asked.
pub(super) struct Question {
    pub(super) peer: PeerId,
    pub(super) request: Request,
    pub(super) answer: oneshot::Sender<Result<Answer, String>>,
}

/// What a session leaves behind.
pub(super) struct Ended {
    pub(super) peer: PeerId,
    pub(super) memory: Memory,
    pub(super) end: SyncEnd,
    pub(super) outcome: Outcome,
    /// Records that were new here.
    pub(super) fresh: usize,
    /// Code of every refusal, in order, at most a few.
    pub(super) faults: Vec<String>,
}

/// Most refusals remembered of one session.
const FAULTS_MAX: usize = 16;

/// What a session needs.
pub(super) struct Appointment {
    pub(super) peer: PeerId,
    pub(super) key: TransportKey,
    pub(super) authors: Vec<AuthorId>,
    pub(super) memory: Memory,
    pub(super) records: Arc<dyn Records>,
    pub(super) questions: mpsc::Sender<Question>,
}

impl Appointment {
    /// Runs the session to its end.
    pub(super) async fn keep(self) -> Ended {
        let Self { peer, key, authors, memory, records, questions } = self;
        let mut session = Session::new(&authors, memory);
        let (mut fresh, mut faults) = (0, Vec::new());
        let mut broken = None;
        while let Some(request) = session.request(records.shelf()) {
            let (sender, answered) = oneshot::channel();
            if questions.send(Question { peer, request, answer: sender }).await.is_err() {
                broken = Some(SyncEnd::Failed);
                break;
            }
            let answer = match answered.await {
                Ok(Ok(answer)) => answer,
                Ok(Err(reason)) => {
                    tracing::debug!(%peer, reason, "no answer to a sync question");
                    broken = Some(SyncEnd::Failed);
                    break;
                }
                Err(_) => {
                    broken = Some(SyncEnd::Failed);
                    break;
                }
            };
            let busy = answer == Answer::Busy;
            let page = match session.answer(records.shelf(), answer) {
                Ok(page) => page,
                Err(fault) => {
                    tracing::warn!(%peer, fault = fault.code(), reason = %fault, "a peer broke the rules of sync");
                    faults.push(fault.code().to_owned());
                    broken = Some(SyncEnd::Fault);
                    break;
                }
            };
            if busy {
                broken = Some(SyncEnd::Failed);
            }
            let offers = page.into_iter().map(|signed| records.offer(signed, Via::Sync, key));
            let judged: Vec<Judged> = futures::stream::iter(offers).buffered(OFFERS_MAX).collect().await;
            for verdict in judged {
                match verdict {
                    Judged::New => fresh += 1,
                    Judged::Refused(fault) if faults.len() < FAULTS_MAX => {
                        faults.push(fault.code().to_owned());
                    }
                    _ => {}
                }
            }
        }
        let (outcome, memory) = session.finish();
        let end = broken.unwrap_or(if outcome.complete { SyncEnd::Complete } else { SyncEnd::Partial });
        Ended { peer, memory, end, outcome, fresh, faults }
    }
}
