//! The only reader of time. Everything else takes time as an argument.

/// Unix seconds.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
#[must_use]
pub fn now_seconds() -> u64 {
    let now = std::time::SystemTime::now();
    // A clock before 1970 is a broken clock; zero makes that visible in every record.
    now.duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
