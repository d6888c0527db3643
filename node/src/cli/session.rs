//! A verb's connection to a node: the one that runs, or one embedded for the moment.
//!
//! An embedded node serves the same socket, so that two verbs at once share one instead of locking each other out.

use std::time::{Duration, Instant};

use kinora_protocol::api::{ApiError, Request, Response};

use crate::api::client::Client;
use crate::cli::context::Place;
use crate::error::{self, Hint as _};
use crate::home::Home;
use crate::node::{Node, NodeOptions};
use crate::output::Output;

/// How long to wait for another process that holds the home without answering yet (it starts or stops).
const TURN_MAX: Duration = Duration::from_secs(15);
/// How often to look.
const TURN_EVERY: Duration = Duration::from_millis(40);
/// How long an embedded node tries to hand a new record to a peer before the command ends.
const HAND_OVER_MAX: Duration = Duration::from_secs(2);

/// How long the terminal program's own connections may take to end.
const SCREEN_GONE_MAX: Duration = Duration::from_millis(500);

/// Whether a verb needs peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It makes something that others should get.
    On,
    /// It only looks.
    Off,
}

/// The connection.
#[derive(Debug)]
pub struct Session {
    /// Calls go here.
    pub client: Client,
    embedded: Option<Node>,
    /// Whether this session made the home and its identity.
    pub first_run: bool,
}

impl Session {
    /// Connects to the running node, or starts one in this process.
    ///
    /// # Errors
    /// When the home cannot be used or stays in use.
    pub async fn open(place: &Place, network: Network) -> Result<Self, ApiError> {
        let deadline = Instant::now() + TURN_MAX;
        loop {
            let home = Home::open(&place.home)?;
            if let Ok(client) = Client::connect(&home.socket_path()?).await {
                return Ok(Self { client, embedded: None, first_run: false });
            }
            if let Some(lock) = home.try_lock()? {
                let options = NodeOptions {
                    settings: place.settings.clone(),
                    network: network == Network::On,
                    program: place.program.clone(),
                };
                let node = Node::start(home, lock, options).await?;
                let client = Client::connect(node.socket())
                    .await
                    .map_err(|e| error::internal(format!("the embedded node does not answer: {e}")))?;
                let first_run = node.is_first_run();
                return Ok(Self { client, embedded: Some(node), first_run });
            }
            if Instant::now() > deadline {
                return Err(error::busy(format!("{} is in use by another kinora", place.home.display()))
                    .hint("end the other process, or choose another --home"));
            }
            tokio::time::sleep(TURN_EVERY).await;
        }
    }

    /// Makes one call.
    ///
    /// # Errors
    /// What the node says.
    pub async fn call(&self, request: Request) -> Result<Response, ApiError> {
        self.client.call(&request).await
    }

    /// Whether a node runs in this process.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Ends the session. After a success an embedded node first hands what it made to a peer, if one is near, and
    /// lets other commands that came in over its socket finish.
    pub async fn close(self, success: bool) {
        if let Some(node) = self.embedded {
            if success {
                node.hand_over(HAND_OVER_MAX).await;
                node.serve_others().await;
            }
            node.stop().await;
        }
    }

    /// Ends the terminal program's session. What was made there had its time to spread, so nothing is handed over;
    /// other commands that came in over the socket may finish, unless the user interrupts.
    pub async fn close_after_screen(self, output: &mut Output) {
        let Some(node) = self.embedded else { return };
        if tokio::time::timeout(SCREEN_GONE_MAX, node.serve_others()).await.is_err() {
            output.note("another kinora uses this node and keeps it running; Ctrl-C ends it");
            tokio::select! {
                () = node.serve_others() => {}
                _ = crate::cli::signal() => {}
            }
        }
        node.stop().await;
    }
}

/// An answer of another kind than the call's.
#[must_use]
pub fn unexpected(answer: &Response) -> ApiError {
    let text = serde_json::to_string(answer).unwrap_or_default();
    let kind: String = text.chars().take(60).collect();
    error::internal(format!("the node gave an answer to another call: {kind}"))
}
