//! Whether hostile media stays where it is parsed: the confinement as it is announced, tried from inside, and that an
//! inspector that does not come back is replaced.

use std::path::Path;
use std::time::Duration;

use kinora_protocol::job::inspect::Rehearsal;

use super::Check;
use crate::inspector::confine;
use crate::inspector::pool::{Bounds, Inspectors};

/// Longest time for one file here: an inspector that never answers is among what is tried.
const FILE_MAX: Duration = Duration::from_secs(2);

/// Rehearses everything.
pub(super) async fn check(program: &Path) -> Check {
    let name = "inspector";
    let broken = "clips cannot be looked into or played; the log in the home says more";
    let bounds = Bounds { file: FILE_MAX, ..Bounds::default() };
    let inspectors = Inspectors::with_bounds(program.to_owned(), bounds);
    let confinement = match inspectors.confinement().await {
        Ok(confinement) => confinement,
        Err(error) => return Check::fail(name, error.to_string(), broken),
    };
    let words = confine::words(&confinement);
    let tried = match inspectors.rehearse(Rehearsal::Escape).await {
        Ok(tried) => tried,
        Err(end) => return Check::fail(name, format!("{words}; {end}"), broken),
    };
    for what in [Rehearsal::Abort, Rehearsal::Loop, Rehearsal::Memory] {
        if inspectors.rehearse(what).await.is_ok() {
            return Check::fail(
                name,
                format!("{words}; it survived {what:?}"),
                "please report this: it is a defect",
            );
        }
    }
    let open: Vec<&str> =
        tried.iter().filter(|(_, stopped)| stopped.is_none()).map(|(what, _)| what.as_str()).collect();
    if !open.is_empty() {
        let hint =
            "hostile media is parsed apart from your keys, but could do this; a newer Linux confines it";
        return Check::warn(name, format!("{words}; it can still {}", open.join(", ")), hint);
    }
    if confine::is_full(&confinement) {
        Check::pass(name, format!("{words}; {} escapes tried, none open", tried.len()))
    } else {
        let hint = "a newer Linux, or a container that allows it, confines it fully";
        Check::warn(name, format!("{words}; {} escapes tried, none open", tried.len()), hint)
    }
}
