//! The client side of the control API: one connection per call, one for the stream of events.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Response as HttpResponse};
use hyper_util::rt::TokioIo;
use kinora_protocol::api::{ApiError, Event, Request, Response};
use kinora_protocol::ids::BlobHash;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::{ANSWER_BYTES_MAX, EVENTS_BEHIND_MAX};
use crate::error::{self, Hint as _};

/// How long a node may take to answer the door.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a node may take to answer a call (a fetch over a slow network is the longest).
const ANSWER_MAX: Duration = Duration::from_secs(180);
/// How long a node may take to make a clip again; the worker's own bounds end it sooner.
const AUDIT_MAX: Duration = Duration::from_secs(3_600);
/// Longest line of the event stream, in bytes: a preview picture as hexadecimal digits.
const EVENT_LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A client of the node that listens on a socket.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
}

impl Client {
    /// A client, if a node listens there now.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect(path: &Path) -> io::Result<Self> {
        let _probe = tokio::time::timeout(CONNECT_MAX, UnixStream::connect(path)).await??;
        Ok(Self { path: path.to_owned() })
    }

    /// Makes one call.
    ///
    /// # Errors
    /// What the node says, or that it went away.
    pub async fn call(&self, request: &Request) -> Result<Response, ApiError> {
        let body = serde_json::to_vec(request)
            .map_err(|e| error::internal(format!("the call cannot be written: {e}")))?;
        let most = match request {
            Request::Audit { .. } => AUDIT_MAX,
            _ => ANSWER_MAX,
        };
        let bytes = self.fetch(Method::POST, "/v1/call", body, most).await?;
        serde_json::from_slice(&bytes).map_err(|e| {
            error::internal(format!("the node's answer cannot be read: {e}"))
                .hint("the running node may be of another version: restart it")
        })
    }

    /// Bytes of a blob.
    ///
    /// # Errors
    /// What the node says, or that it went away.
    pub async fn blob(&self, hash: BlobHash) -> Result<Vec<u8>, ApiError> {
        let bytes = self.fetch(Method::GET, &format!("/v1/blobs/{hash}"), Vec::new(), ANSWER_MAX).await?;
        if BlobHash::of(&bytes) != hash {
            return Err(error::internal(format!("the node gave other bytes than blob {hash}")));
        }
        Ok(bytes.into())
    }

    /// What happens at the node from now on; ends when the node goes away.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn events(&self) -> Result<mpsc::Receiver<Event>, ApiError> {
        let (response, connection) = self.send(Method::GET, "/v1/events", Vec::new()).await?;
        let (sender, receiver) = mpsc::channel(EVENTS_BEHIND_MAX);
        tokio::spawn(async move {
            read_events(response.into_body(), sender).await;
            // The node must not take a listener that left for one that is still there.
            connection.abort();
        });
        Ok(receiver)
    }

    async fn fetch(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        most: Duration,
    ) -> Result<Bytes, ApiError> {
        let exchange = async {
            let (response, _connection) = self.send(method, path, body).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            let bytes = body.map_err(|e| gone(&e.to_string()))?.to_bytes();
            if status.is_success() {
                return Ok(bytes);
            }
            Err(serde_json::from_slice(&bytes).unwrap_or_else(|_| {
                error::internal(format!("the node answered {status}: {}", String::from_utf8_lossy(&bytes)))
            }))
        };
        tokio::time::timeout(most, exchange).await.unwrap_or_else(|_| {
            Err(error::busy(format!("the node did not answer within {} s", most.as_secs())))
        })
    }

    /// Sends a request on a connection of its own; the handle ends the connection early.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<(HttpResponse<Incoming>, AbortHandle), ApiError> {
        let stream = tokio::time::timeout(CONNECT_MAX, UnixStream::connect(&self.path))
            .await
            .map_err(|_| error::busy("the node does not accept connections"))?
            .map_err(|e| gone(&e.to_string()))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|e| gone(&e.to_string()))?;
        let connection = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to the node ended");
            }
        });
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header(hyper::header::HOST, "kinora")
            .header(hyper::header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| error::internal(format!("the call cannot be made: {e}")))?;
        let response = sender.send_request(request).await.map_err(|e| gone(&e.to_string()))?;
        Ok((response, connection.abort_handle()))
    }
}

fn gone(why: &str) -> ApiError {
    error::system(format!("the node went away while it was asked: {why}"))
        .hint("`kinora status` says whether it runs")
}

async fn read_events(mut body: Incoming, to: mpsc::Sender<Event>) {
    let mut pending = Vec::new();
    loop {
        // Nobody listens any more: end the connection now, not with the next event.
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = to.closed() => return,
        };
        let Some(Ok(frame)) = frame else { return };
        let Some(data) = frame.data_ref() else { continue };
        for piece in data.split_inclusive(|byte| *byte == b'\n') {
            pending.extend_from_slice(piece);
            if !piece.ends_with(b"\n") {
                continue;
            }
            let event = event_of(&pending);
            pending.clear();
            if let Some(event) = event
                && to.send(event).await.is_err()
            {
                return;
            }
        }
        if pending.len() > EVENT_LINE_BYTES_MAX {
            return;
        }
    }
}

/// Reads one line of the stream; comments, empty lines and events of newer versions are nothing.
fn event_of(line: &[u8]) -> Option<Event> {
    let data = line.strip_prefix(b"data:")?;
    serde_json::from_slice(data.trim_ascii()).ok()
}
