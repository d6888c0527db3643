//! Client and server over a real socket.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use super::client::Client;
use super::server::Server;
use super::*;
use crate::error;

struct Canned {
    events: broadcast::Sender<Event>,
}

impl Service for Canned {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Response, ApiError>> {
        Box::pin(async move {
            match request {
                Request::Jobs => Ok(Response::Jobs { jobs: Vec::new() }),
                Request::Shutdown => Ok(Response::Done),
                other => Err(error::missing(format!("{other:?} is not here"))),
            }
        })
    }

    fn blob(&self, hash: BlobHash) -> BoxFuture<'_, Result<Vec<u8>, ApiError>> {
        Box::pin(async move {
            if hash == BlobHash::of(b"clip") { Ok(b"clip".to_vec()) } else { Ok(b"something else".to_vec()) }
        })
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}

fn canned(events: usize) -> (Arc<Canned>, broadcast::Sender<Event>) {
    let (sender, _) = broadcast::channel(events);
    (Arc::new(Canned { events: sender.clone() }), sender)
}

#[tokio::test]
async fn calls_blobs_and_events_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.sock");
    let (service, events) = canned(16);
    assert!(Client::connect(&path).await.is_err(), "nobody listens yet");
    std::fs::write(&path, b"left by a killed node").unwrap();
    let server = Server::start(&path, service).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let client = Client::connect(&path).await.unwrap();
    assert_eq!(client.call(&Request::Jobs).await.unwrap(), Response::Jobs { jobs: Vec::new() });
    let missing = client.call(&Request::Peers).await.unwrap_err();
    assert_eq!((missing.blame, missing.message.contains("Peers")), (Blame::Missing, true));
    assert_eq!(client.blob(BlobHash::of(b"clip")).await.unwrap(), b"clip");
    assert!(client.blob(BlobHash([0; 32])).await.unwrap_err().message.contains("other bytes"));

    let mut stream = client.events().await.unwrap();
    let rgb_hex = "ab".repeat(128 * 80 * 3);
    let preview = Event::Preview { job: 3, width: 128, height: 80, rgb_hex };
    for event in [Event::FeedChanged, preview.clone()] {
        events.send(event).unwrap();
    }
    assert_eq!(stream.recv().await, Some(Event::FeedChanged));
    assert_eq!(stream.recv().await, Some(preview));
    server.stop().await;
    assert_eq!(stream.recv().await, None, "the stream ends with the node");
    assert!(!path.exists());
    assert!(client.call(&Request::Jobs).await.unwrap_err().message.contains("went away"));
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused_and_nonsense_is_a_request_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.sock");
    let (service, _events) = canned(16);
    let server = Server::start(&path, service).unwrap();
    let client = Client::connect(&path).await.unwrap();
    let prompt = "x".repeat(kinora_protocol::limits::API_BODY_BYTES_MAX + 1);
    assert!(client.call(&Request::Read { prompt }).await.is_err());
    assert!(client.call(&Request::Jobs).await.is_ok(), "the server goes on");
    server.stop().await;
}

#[tokio::test]
async fn connections_are_bounded_and_a_freed_slot_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.sock");
    let (service, _events) = canned(16);
    let server = Server::start(&path, service).unwrap();
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        open.push(tokio::net::UnixStream::connect(&path).await.unwrap());
    }
    let client = Client::connect(&path).await.unwrap();
    let call = client.call(&Request::Jobs);
    assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err(), "all slots are taken");
    assert_eq!(server.connections(), CONNECTIONS_MAX);
    drop(open);
    let call = client.call(&Request::Jobs);
    assert!(tokio::time::timeout(Duration::from_secs(5), call).await.unwrap().is_ok());
    server.stop().await;
}

#[tokio::test]
async fn an_idle_server_has_no_connections_and_a_listener_that_leaves_frees_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.sock");
    let (service, _events) = canned(16);
    let server = Server::start(&path, service).unwrap();
    let client = Client::connect(&path).await.unwrap();
    client.call(&Request::Jobs).await.unwrap();
    let stream = client.events().await.unwrap();
    assert!(server.connections() > 0);
    drop(stream);
    let idle = async {
        while server.connections() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), idle).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_slow_listener_is_told_that_it_lags() {
    let (service, events) = canned(2);
    let mut receiver = service.events();
    for _ in 0..5 {
        events.send(Event::PeersChanged).unwrap();
    }
    assert!(matches!(receiver.recv().await, Err(broadcast::error::RecvError::Lagged(3))));
}
