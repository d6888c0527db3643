//! What keeps a worker within bounds: limits, low priority, a private standard output, an end with its node.

use std::fs::File;
use std::io::{self, Read as _};

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

/// Address space of a worker, in bytes: a render needs under 1 GiB, thread stacks and arenas reserve more.
const ADDRESS_SPACE_BYTES_MAX: u64 = 6 << 30;
/// Processor time of a worker, in seconds.
const CPU_SECONDS_MAX: u64 = 3_600;
/// Open files of a worker.
const FILES_MAX: u64 = 64;
/// How much a worker steps back behind what the user does meanwhile.
const NICENESS: i32 = 5;

/// Sets the limits. A limit that the system refuses is said on standard error and goes without.
pub fn confine() {
    let limits = [
        ("address space", Resource::As, ADDRESS_SPACE_BYTES_MAX),
        ("processor time", Resource::Cpu, CPU_SECONDS_MAX),
        ("core files", Resource::Core, 0),
        ("open files", Resource::Nofile, FILES_MAX),
    ];
    for (name, resource, most) in limits {
        let allowed = getrlimit(resource).maximum.map_or(most, |hard| hard.min(most));
        let limit = Rlimit { current: Some(allowed), maximum: Some(allowed) };
        if let Err(error) = setrlimit(resource, limit) {
            tracing::warn!(%error, name, "a limit could not be set");
        }
    }
    if let Err(error) = nice(NICENESS) {
        tracing::warn!(%error, "the priority could not be lowered");
    }
}

/// Takes standard output for frames; whatever else prints lands on standard error from now on.
///
/// # Errors
/// When the descriptors cannot be duplicated.
pub fn take_stdout() -> io::Result<File> {
    let frames = rustix::io::dup(rustix::stdio::stdout())?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(File::from(frames))
}

/// Ends the process when standard input ends: the node is gone, even if it was killed.
pub fn watch_parent() {
    #[expect(clippy::exit, reason = "there is nobody left to render for, and the render does not look up")]
    std::thread::spawn(|| {
        let mut rest = [0u8; 64];
        // The node writes nothing after the message; the end of the pipe is the end of the node.
        while matches!(io::stdin().lock().read(&mut rest), Ok(n) if n > 0) {}
        std::process::exit(1)
    });
}
