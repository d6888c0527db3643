//! Landlock and seccomp: no file, and no system call but those of a computation.
//!
//! A refused call gets `EPERM` and not a signal: libraries ask for things that they can do without, and a file must not
//! be blamed for that. The list was found by decoding clips and stills in a confined process; a call that is missing
//! shows as a failed test, one too many does not, so every line says what it is for.

use std::collections::BTreeMap;

use kinora_protocol::job::inspect::Hold;
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetError, RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::reason;

/// The newest Landlock whose rules are asked for; an older kernel enforces those that it knows.
const LANDLOCK: ABI = ABI::V6;

/// Calls that are always allowed.
const CALLS: &[libc::c_long] = &[
    // The pipes.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_close,
    // Memory; mmap and mprotect have a rule of their own.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Locks, time, and the seeds of hash maps.
    libc::SYS_futex,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_sched_yield,
    libc::SYS_restart_syscall,
    libc::SYS_getrandom,
    // The end, be it a panic, an abort or a crash.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_gettid,
    // The beginning of a thread, which the C2PA library hashes in; `clone` has a rule of its own.
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
];
/// What makes a new task a thread of this process, and no process of its own.
const THREAD: u64 = (libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND) as u64;

/// Denies every access to files, TCP, and processes outside.
pub(super) fn files() -> Hold {
    let restricted = || -> Result<_, RulesetError> {
        Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?
            .create()?
            .restrict_self()
    };
    match restricted().map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Hold::Full,
        Ok(RulesetStatus::PartiallyEnforced) => Hold::Part(reason("an older Landlock")),
        Ok(RulesetStatus::NotEnforced) => Hold::None(reason("this kernel has no Landlock, or it is off")),
        Err(error) => Hold::None(reason(&error.to_string())),
    }
}

/// Allows the calls of a computation and no others, for good.
pub(super) fn calls() -> Hold {
    // The stricter of two answers counts, and of two errors the later one: the missing call must be said first.
    let applied = [without_clone3(), program()]
        .into_iter()
        .try_for_each(|program| seccompiler::apply_filter(&program?).map_err(|error| error.to_string()));
    match applied {
        Ok(()) => Hold::Full,
        Err(error) => Hold::None(reason(&error)),
    }
}

/// `clone3` has its flags in memory, where no filter sees them. Where it is missing, libraries take `clone`.
fn without_clone3() -> Result<BpfProgram, String> {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let missing = SeccompAction::Errno(libc::ENOSYS as u32);
    filter(rules, SeccompAction::Allow, missing)
}

fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    named: SeccompAction,
) -> Result<BpfProgram, String> {
    let say = |error: seccompiler::BackendError| error.to_string();
    let arch = std::env::consts::ARCH.try_into().map_err(say)?;
    SeccompFilter::new(rules, otherwise, named, arch).and_then(BpfProgram::try_from).map_err(say)
}

fn program() -> Result<BpfProgram, String> {
    let say = |error: seccompiler::BackendError| error.to_string();
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    // Memory that can be run is how data of a file becomes a program.
    let not_executable = || {
        let mask = SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64);
        let condition = SeccompCondition::new(2, SeccompCmpArgLen::Dword, mask, 0)?;
        SeccompRule::new(vec![condition])
    };
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![not_executable().map_err(say)?]);
    }
    // `abort` raises a signal, in this process only.
    let pid = u64::from(std::process::id());
    let to_itself = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, pid)
        .and_then(|condition| SeccompRule::new(vec![condition]));
    rules.insert(libc::SYS_tgkill, vec![to_itself.map_err(say)?]);
    // Another thread of this process is no way out of it; another process might be.
    let thread = SeccompCmpOp::MaskedEq(THREAD);
    let of_this_process = SeccompCondition::new(0, SeccompCmpArgLen::Qword, thread, THREAD)
        .and_then(|condition| SeccompRule::new(vec![condition]));
    rules.insert(libc::SYS_clone, vec![of_this_process.map_err(say)?]);
    rules.insert(libc::SYS_clone3, Vec::new());
    filter(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}
