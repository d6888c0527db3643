//! The only source of randomness: the operating system's.

use kinora_protocol::api::ApiError;

use crate::error;

/// Random bytes.
///
/// # Errors
/// When the operating system has none, which no supported one does.
pub fn bytes<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut out = [0u8; N];
    getrandom::fill(&mut out)
        .map_err(|e| error::system(format!("the operating system gives no random numbers: {e}")))?;
    Ok(out)
}

/// A seed for a render. It fits a JavaScript number, so that it survives every JSON tool.
///
/// # Errors
/// As [`bytes`].
pub fn seed() -> Result<u64, ApiError> {
    Ok(u64::from_le_bytes(bytes()?) >> 12)
}
