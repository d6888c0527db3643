//! What keeps an inspector from everything but its pipes, and how far that holds on this machine.
//!
//! Limits come first and work on every Unix; Landlock and seccomp need Linux. What the system refuses is announced and
//! goes without: a file is then still parsed in a process that can be killed, and `kinora doctor` says what is missing.

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
mod linux;

use kinora_protocol::job::inspect::{Confinement, Hold};
use kinora_protocol::text::Text;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Address space of an inspector, in bytes: a gibibyte of footage (what a clip may decode to), the file twice while a
/// message is read, the decoder's frames, and the program itself.
pub const ADDRESS_SPACE_BYTES_MAX: u64 = 2 << 30;
/// Processor time of an inspector in all, in seconds. The node retires it long before ([`super::pool::Bounds`]); this
/// ends one whose node is gone.
pub const CPU_SECONDS_MAX: u64 = 600;
/// Longest reason why something does not hold, in characters.
const REASON_CHARS_MAX: usize = 160;

/// Confines this process for good.
#[must_use]
pub fn confine() -> Confinement {
    let before = [
        ("address space", Resource::As, ADDRESS_SPACE_BYTES_MAX),
        ("processor time", Resource::Cpu, CPU_SECONDS_MAX),
        ("core files", Resource::Core, 0),
        ("file sizes", Resource::Fsize, 0),
    ];
    // Landlock needs a descriptor for its rules; after it, the pipes are the last ones.
    // On Linux threads count as processes there, and the filter of calls allows no others.
    let processes = if cfg!(target_os = "linux") { None } else { Some(("processes", Resource::Nproc, 0)) };
    let after: Vec<_> = [("open files", Resource::Nofile, 0)].into_iter().chain(processes).collect();
    let mut refused = limit(&before);
    let files = files();
    refused.extend(limit(&after));
    let limits = match refused.is_empty() {
        true => Hold::Full,
        false => Hold::Part(reason(&format!("without a limit on {}", refused.join(", ")))),
    };
    Confinement { limits, files, calls: calls() }
}

/// Sets limits; gives those that the system refused.
fn limit(limits: &[(&'static str, Resource, u64)]) -> Vec<&'static str> {
    let refused = limits.iter().filter(|(_, resource, most)| {
        let allowed = getrlimit(*resource).maximum.map_or(*most, |hard| hard.min(*most));
        setrlimit(*resource, Rlimit { current: Some(allowed), maximum: Some(allowed) }).is_err()
    });
    refused.map(|(name, ..)| *name).collect()
}

fn reason(words: &str) -> Text {
    Text::line(words, REASON_CHARS_MAX)
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
use linux::{calls, files};

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
fn files() -> Hold {
    Hold::None(reason("Landlock is not built for this system"))
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
fn calls() -> Hold {
    Hold::None(reason("seccomp is not built for this system"))
}

/// One line about a confinement.
#[must_use]
pub fn words(confinement: &Confinement) -> String {
    let Confinement { limits, files, calls } = confinement;
    let one = |name, hold: &Hold| match hold {
        Hold::Full => format!("{name} hold"),
        Hold::Part(missing) => format!("{name} hold in part ({missing})"),
        Hold::None(why) => format!("no {name} ({why})"),
    };
    [one("limits", limits), one("file rules", files), one("call rules", calls)].join(", ")
}

/// Whether everything holds.
#[must_use]
pub fn is_full(confinement: &Confinement) -> bool {
    let Confinement { limits, files, calls } = confinement;
    [limits, files, calls].into_iter().all(|hold| *hold == Hold::Full)
}
