//! How fast a withdrawn consent reaches everybody: real nodes, each a process with a home and sockets of its own on
//! loopback, each showing a clip with a cameo; then the subject takes it down.
//!
//! One node more is away when that happens. What it shows and gives from its first moment on is looked at as fast as it
//! answers: it must never be the clip.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::future::join_all;
use kinora_protocol::api::{ClipState, FeedItem, Request, Response};
use kinora_protocol::ids::BlobHash;
use serde::Serialize;
use serde_json::Value;
use tokio::process::{Child, Command};

use super::process;
use crate::api::client::Client;
use crate::home::Home;

/// Nodes when nothing else is asked.
pub const NODES_DEFAULT: u32 = 50;
/// Nodes that start at the same time.
const BATCH: usize = 5;
/// Longest wait for anything to happen.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often a node is asked when it says nothing by itself.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long the node that was away is watched after it applied the withdrawal.
const WATCH: Duration = Duration::from_secs(2);

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RevokeFigures {
    /// Nodes that showed the clip.
    pub nodes: usize,
    /// From the start of the subject's command until half of them withheld it, in milliseconds.
    pub p50_millis: u64,
    /// Until 95 % of them did.
    pub p95_millis: u64,
    /// Until all of them did.
    pub max_millis: u64,
    /// From the start of the node that was away until it withheld the clip for good.
    pub away_millis: u64,
    /// How often that node was asked for the clip until then, and how often it showed or gave it.
    pub away_asked: u64,
    /// Must be 0.
    pub away_shown: u64,
}

/// A running node.
struct Live {
    child: Child,
    home: PathBuf,
    client: Client,
    address: String,
}

/// Runs nodes and commands.
struct Stage<'a> {
    program: &'a Path,
    folder: &'a Path,
}

impl Stage<'_> {
    async fn start(&self, name: &str, peers: &[String]) -> Result<Live, String> {
        let home = self.folder.join(name);
        let (child, _) = process::start(self.program, &home, peers).await?;
        let socket = Home::open(&home).and_then(|home| home.socket_path()).map_err(|e| e.to_string())?;
        let client = Client::connect(&socket).await.map_err(|e| e.to_string())?;
        let address = until("an address", async || {
            let Ok(Response::Status(status)) = client.call(&Request::Status).await else { return None };
            status.addresses.into_iter().find(|a| a.contains("127.0.0.1"))
        })
        .await?;
        Ok(Live { child, home, client, address })
    }

    /// A verb of a home that must succeed: the last line it says.
    async fn tell(&self, home: &Path, verb: &[&str]) -> Result<Value, String> {
        let output = Command::new(self.program).args(verb).args(["--json", "--home"]).arg(home).output();
        let output = output.await.map_err(|e| e.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("{verb:?}: {said}{}", String::from_utf8_lossy(&output.stderr)));
        }
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        serde_json::from_str(last).or_else(|_| serde_json::from_str(&said)).map_err(|e| e.to_string())
    }
}

/// Measures in `folder`. `note` hears how far it is.
///
/// # Errors
/// Why a node did not do its part.
pub async fn run(
    program: &Path,
    folder: &Path,
    nodes: u32,
    note: &mut dyn FnMut(String),
) -> Result<RevokeFigures, String> {
    let stage = Stage { program, folder };
    let subject = stage.start("subject", &[]).await?;
    let maker = stage.start("maker", std::slice::from_ref(&subject.address)).await?;
    note("making a clip with a cameo …".to_owned());
    let (cameo, clip) = stage.clip(&subject, &maker).await?;
    let mut live = stage.audience(&maker, nodes as usize, &clip, note).await?;
    let away = stage.start("away", &[maker.address.clone(), subject.address.clone()]).await?;
    stage.follows(&away, &maker).await?;
    shown(&away, &clip, ClipState::Ready).await?;
    let (peers, home) = (vec![maker.address.clone(), subject.address.clone()], away.home.clone());
    process::stop(away.child).await;
    note(format!("{} nodes show it; the subject takes it down …", live.len()));
    let mut took = stage.taken_down(&subject, &live, (&cameo, &clip)).await?;
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len() * percent).div_ceil(100).saturating_sub(1));
    let millis = |percent| at(percent).map_or(0, |took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    note("the node that was away comes back …".to_owned());
    let back = stage.come_back(&home, &peers, &clip).await?;
    live.extend([subject, maker]);
    join_all(live.into_iter().map(|node| process::stop(node.child))).await;
    Ok(RevokeFigures {
        nodes: took.len(),
        p50_millis: millis(50),
        p95_millis: millis(95),
        max_millis: millis(100),
        away_millis: back.millis,
        away_asked: back.asked,
        away_shown: back.shown,
    })
}

/// A clip that shows somebody: its record and its file.
struct Shown {
    clip: String,
    blob: BlobHash,
}

/// What the node that was away did.
struct Back {
    millis: u64,
    asked: u64,
    shown: u64,
}

impl Stage<'_> {
    /// A cameo and a published clip of it.
    async fn clip(&self, subject: &Live, maker: &Live) -> Result<(String, Shown), String> {
        let author = self.tell(&subject.home, &["key", "show"]).await?;
        let made_by = self.tell(&maker.home, &["key", "show"]).await?;
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        self.tell(&maker.home, &["follow", &text(&author, "author")]).await?;
        let free = ["--approval", "none"];
        let enrolled = self.tell(&subject.home, &[&["cameo", "enrol", "Ada"][..], &free].concat()).await?;
        let cameo = text(&enrolled, "record");
        let to = text(&made_by, "author");
        let grant = ["cameo", "grant", &cameo, &to, "--uses", "3"];
        self.tell(&subject.home, &[&grant[..], &free].concat()).await?;
        until("the cameo and its grant", async || {
            let shown = self.tell(&maker.home, &["cameo", "show", &cameo]).await.ok()?;
            let granted = shown[0]["grants"].as_array().is_some_and(|grants| !grants.is_empty());
            (granted && shown[0]["fresh_until"].is_u64()).then_some(())
        })
        .await?;
        let size = ["--seconds", "1", "--steps", "1", "--no-play"];
        let make = ["make", "Ada walks along a beach", "--cameo", &cameo];
        let made = self.tell(&maker.home, &[&make[..], &size].concat()).await?;
        let blob = text(&made, "blob").parse().map_err(|_| format!("no clip was published: {made}"))?;
        Ok((cameo, Shown { clip: text(&made, "clip"), blob }))
    }

    /// Nodes that show the clip. Each knows the maker and one that started before it.
    async fn audience(
        &self,
        maker: &Live,
        nodes: usize,
        clip: &Shown,
        note: &mut dyn FnMut(String),
    ) -> Result<Vec<Live>, String> {
        let mut live: Vec<Live> = Vec::with_capacity(nodes);
        while live.len() < nodes {
            note(format!("{} of {nodes} nodes …", live.len()));
            let first = live.len();
            let batch = (first..nodes.min(first + BATCH)).map(|number| {
                let before = number.checked_sub(BATCH).and_then(|at| live.get(at));
                let peers = [Some(maker), before].into_iter().flatten().map(|node| node.address.clone());
                let (name, peers) = (format!("node-{number}"), peers.collect::<Vec<_>>());
                async move {
                    let node = self.start(&name, &peers).await?;
                    self.follows(&node, maker).await?;
                    Ok::<Live, String>(node)
                }
            });
            let batch: Result<Vec<Live>, String> = join_all(batch).await.into_iter().collect();
            live.extend(batch?);
        }
        for node in &live {
            shown(node, clip, ClipState::Ready).await?;
        }
        Ok(live)
    }

    async fn follows(&self, node: &Live, maker: &Live) -> Result<(), String> {
        let author = self.tell(&maker.home, &["key", "show"]).await?;
        self.tell(&node.home, &["follow", author["author"].as_str().unwrap_or_default()]).await?;
        Ok(())
    }

    /// How long each node took to withhold the clip, from the start of the subject's command.
    async fn taken_down(
        &self,
        subject: &Live,
        live: &[Live],
        (cameo, clip): (&str, &Shown),
    ) -> Result<Vec<Duration>, String> {
        let mut watches = Vec::with_capacity(live.len());
        for node in live {
            watches.push((node, node.client.events().await.map_err(|e| e.to_string())?));
        }
        let start = Instant::now();
        let watch = watches.into_iter().map(|(node, mut events)| async move {
            while feed(&node.client, clip).await != Some(ClipState::Withdrawn) {
                if start.elapsed() > PATIENCE {
                    return Err(format!("{} still shows it", node.home.display()));
                }
                // Whatever it says, it is asked again; and now and then when it says nothing.
                let _said = tokio::time::timeout(LOOK_EVERY, events.recv()).await;
            }
            Ok(start.elapsed())
        });
        let revoke = ["cameo", "revoke", cameo, "--clip", &clip.clip, "--takedown"];
        let (revoked, took) = tokio::join!(self.tell(&subject.home, &revoke), join_all(watch));
        revoked?;
        took.into_iter().collect()
    }

    /// Starts the node that was away and asks it for the clip until it has withheld it for a while.
    async fn come_back(&self, home: &Path, peers: &[String], clip: &Shown) -> Result<Back, String> {
        let start = Instant::now();
        let socket = Home::open(home).and_then(|home| home.socket_path()).map_err(|e| e.to_string())?;
        // It is asked from before it answers: nothing it ever says is missed.
        let ask = async {
            let (mut back, mut applied): (Back, Option<Instant>) =
                (Back { millis: 0, asked: 0, shown: 0 }, None);
            while applied.is_none_or(|at| at.elapsed() < WATCH) && start.elapsed() < PATIENCE {
                let Ok(client) = Client::connect(&socket).await else {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    continue;
                };
                let Some(state) = feed(&client, clip).await else { continue };
                let given = client.blob(clip.blob).await.is_ok();
                back.asked += 1;
                back.shown += u64::from(state == ClipState::Ready || given);
                if state == ClipState::Withdrawn && applied.is_none() {
                    applied = Some(Instant::now());
                    back.millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
                }
            }
            applied.map(|_| back).ok_or_else(|| "the node that was away still shows it".to_owned())
        };
        let (node, back) = tokio::join!(process::start(self.program, home, peers), ask);
        process::stop(node?.0).await;
        back
    }
}

/// Waits until a node's feed has the clip in this state.
async fn shown(node: &Live, clip: &Shown, state: ClipState) -> Result<(), String> {
    until(&format!("the clip at {}", node.home.display()), async || {
        (feed(&node.client, clip).await == Some(state)).then_some(())
    })
    .await
}

/// How the clip stands in a node's feed.
async fn feed(client: &Client, clip: &Shown) -> Option<ClipState> {
    let asked = client.call(&Request::Feed { before: None, limit: 20 }).await;
    let Ok(Response::Feed { items }) = asked else { return None };
    let found: Option<FeedItem> = items.into_iter().find(|item| item.blob == clip.blob);
    found.map(|item| item.state)
}

/// Asks until there is an answer.
async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> Result<T, String> {
    let start = Instant::now();
    loop {
        if let Some(value) = found().await {
            return Ok(value);
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("waited {} s for {what}", PATIENCE.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What is said of them.
#[must_use]
pub fn lines(figures: &RevokeFigures) -> Vec<String> {
    vec![
        format!(
            "revoke    {} nodes withhold the clip after {} ms (half of them), {} ms (95 %), {} ms (all)",
            figures.nodes, figures.p50_millis, figures.p95_millis, figures.max_millis
        ),
        format!(
            "  away    a node that comes back withholds it {} ms after its start; asked {} times until then and after, it showed it {} times",
            figures.away_millis, figures.away_asked, figures.away_shown
        ),
    ]
}
