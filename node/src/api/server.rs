//! The server side of the control API.
//!
//! It owns the socket file: mode 0600, replaced when a killed node left one behind (whoever holds the home's lock
//! may do that), removed at the end. Bodies and connections are bounded.

use std::convert::Infallible;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::{get, post};
use futures::stream::{self, Stream};
use kinora_protocol::api::{ApiError, Event, Request};
use kinora_protocol::ids::BlobHash;
use kinora_protocol::limits::API_BODY_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{CONNECTIONS_MAX, Service, http_status};
use crate::error;

/// How long open calls may finish after the server was told to end.
const LAST_CALLS_MAX: Duration = Duration::from_secs(2);
/// How long to wait after the system refused a connection (out of file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A running server.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    stop: CancellationToken,
    task: JoinHandle<()>,
    slots: Arc<Semaphore>,
}

#[derive(Clone)]
struct Shared {
    service: Arc<dyn Service>,
    stop: CancellationToken,
}

impl Server {
    /// Binds the socket and serves. The caller holds the home's lock, so a socket file that is there is stale.
    ///
    /// # Errors
    /// When the socket cannot be bound.
    pub fn start(path: &Path, service: Arc<dyn Service>) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let stop = CancellationToken::new();
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let bounded = Bounded { listener, slots: Arc::clone(&slots) };
        let router = router(Shared { service, stop: stop.clone() });
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            let served = axum::serve(bounded, router).with_graceful_shutdown(stopped).await;
            if let Err(error) = served {
                tracing::error!(%error, "the control API ended");
            }
        });
        Ok(Self { path: path.to_owned(), stop, task, slots })
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        CONNECTIONS_MAX.saturating_sub(self.slots.available_permits())
    }

    /// Ends the server: no new calls, a moment for open ones, then the socket file goes.
    pub async fn stop(self) {
        self.stop.cancel();
        let mut task = self.task;
        if tokio::time::timeout(LAST_CALLS_MAX, &mut task).await.is_err() {
            task.abort();
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the socket file could not be removed");
        }
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/v1/call", post(call))
        .route("/v1/blobs/{hash}", get(blob))
        .route("/v1/events", get(events))
        .layer(DefaultBodyLimit::max(API_BODY_BYTES_MAX))
        .with_state(shared)
}

async fn call(State(shared): State<Shared>, body: Bytes) -> HttpResponse {
    let request: Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(fault) => return failure(&error::request(format!("the call is not one of ours: {fault}"))),
    };
    match shared.service.call(request).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(error) => failure(&error),
    }
}

async fn blob(State(shared): State<Shared>, UrlPath(hash): UrlPath<String>) -> HttpResponse {
    let hash: BlobHash = match hash.parse() {
        Ok(hash) => hash,
        Err(fault) => return failure(&error::request(format!("{fault}"))),
    };
    match shared.service.blob(hash).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response(),
        Err(error) => failure(&error),
    }
}

async fn events(State(shared): State<Shared>) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let receiver = shared.service.events();
    let stream = stream::unfold((receiver, shared.stop), |(mut receiver, stop)| async move {
        let event = next_event(&mut receiver, &stop).await?;
        let event = sse::Event::default().json_data(event).ok()?;
        Some((Ok(event), (receiver, stop)))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

async fn next_event(receiver: &mut broadcast::Receiver<Event>, stop: &CancellationToken) -> Option<Event> {
    tokio::select! {
        () = stop.cancelled() => None,
        event = receiver.recv() => match event {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => Some(Event::Lagged),
            Err(RecvError::Closed) => None,
        },
    }
}

fn failure(error: &ApiError) -> HttpResponse {
    let status = StatusCode::from_u16(http_status(error.blame)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(error)).into_response()
}

/// A listener that accepts no more than [`CONNECTIONS_MAX`] connections at once.
struct Bounded {
    listener: UnixListener,
    slots: Arc<Semaphore>,
}

/// A connection and its slot.
struct Connection {
    stream: UnixStream,
    _slot: Option<OwnedSemaphorePermit>,
}

impl axum::serve::Listener for Bounded {
    type Io = Connection;
    type Addr = ();

    async fn accept(&mut self) -> (Connection, ()) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // Only a connection takes a slot: waiting for one must not look like one. The semaphore is never
                    // closed, so a slot always comes.
                    let slot = Arc::clone(&self.slots).acquire_owned().await.ok();
                    return (Connection { stream, _slot: slot }, ());
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection to the control API was refused by the system");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
