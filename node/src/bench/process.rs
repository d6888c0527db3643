//! Start-up and memory of an idle node, measured on a real `kinora node` with a home of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Longest wait for `ready`.
const READY_MAX: Duration = Duration::from_secs(60);
/// How long the node idles before its memory is read.
const IDLE: Duration = Duration::from_secs(3);

/// How heavy an idle node is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProcessFigures {
    /// Milliseconds from start to `ready` with a new home (keys are made).
    pub first_ready_millis: u64,
    /// Milliseconds from start to `ready` with that home again.
    pub ready_millis: u64,
    /// Resident memory after some seconds of idling, in bytes; `None` where the system does not tell.
    pub idle_rss_bytes: Option<u64>,
    /// Size of the program, in bytes.
    pub binary_bytes: u64,
}

/// Measures.
///
/// # Errors
/// Why the node did not start.
pub async fn run(program: &Path, folder: &Path) -> Result<ProcessFigures, String> {
    let (first, first_ready_millis) = start(program, folder, &[]).await?;
    stop(first).await;
    let (node, ready_millis) = start(program, folder, &[]).await?;
    tokio::time::sleep(IDLE).await;
    let idle_rss_bytes = node.id().and_then(resident_bytes);
    stop(node).await;
    let binary_bytes = std::fs::metadata(program).map_err(|e| e.to_string())?.len();
    Ok(ProcessFigures { first_ready_millis, ready_millis, idle_rss_bytes, binary_bytes })
}

/// A node in a home, and the milliseconds until it was ready.
pub(super) async fn start(program: &Path, folder: &Path, peers: &[String]) -> Result<(Child, u64), String> {
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(["node", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", "--home"])
        .arg(folder)
        .args(peers.iter().flat_map(|peer| ["--peer", peer]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| format!("the node could not be started: {e}"))?;
    let stdout = child.stdout.take().ok_or("the node has no output")?;
    let mut line = String::new();
    let mut reader = BufReader::new(stdout);
    let read = tokio::time::timeout(READY_MAX, reader.read_line(&mut line)).await;
    match read {
        Ok(Ok(_)) if line.trim() == "ready" => {
            Ok((child, u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)))
        }
        _ => Err("the node did not say that it is ready".to_owned()),
    }
}

/// Ends a node as a service manager would.
pub(super) async fn stop(mut child: Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    let asked = pid.is_some_and(|p| rustix::process::kill_process(p, rustix::process::Signal::TERM).is_ok());
    if asked && tokio::time::timeout(Duration::from_secs(10), child.wait()).await.is_ok() {
        return;
    }
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "the measured node could not be ended");
    }
}

/// Resident memory of a process, from `/proc`.
fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_memory_is_readable_where_there_is_a_proc() {
        if Path::new("/proc/self/status").exists() {
            assert!(resident_bytes(std::process::id()).unwrap() > 1_000_000);
        }
    }

    #[tokio::test]
    async fn a_program_that_is_not_a_node_is_said() {
        let folder = tempfile::tempdir().unwrap();
        assert!(run(Path::new("/bin/true"), folder.path()).await.unwrap_err().contains("ready"));
    }
}
