//! Files that the user names: read whole and within a bound, or refused by name.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use kinora_protocol::api::ApiError;

use crate::error::{self, Hint as _};

/// Reads a file of at most `bytes_max` bytes.
///
/// # Errors
/// When it is not there, no plain file, too large or unreadable; the message names it.
pub fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, ApiError> {
    let failed = |e: std::io::Error| error::file("read", path, &e);
    let meta = std::fs::metadata(path).map_err(failed)?;
    // A pipe or a device would keep us waiting or never end.
    if !meta.is_file() {
        return Err(error::request(format!("{} is no file", path.display())).hint("name a file"));
    }
    if meta.len() > bytes_max {
        return Err(too_large(path, meta.len(), bytes_max));
    }
    let mut bytes = Vec::new();
    // The file may have grown since.
    File::open(path)
        .and_then(|file| file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > bytes_max {
        return Err(too_large(path, bytes.len() as u64, bytes_max));
    }
    Ok(bytes)
}

fn too_large(path: &Path, bytes: u64, max: u64) -> ApiError {
    error::request(format!("{} has {bytes} bytes; at most {max} are possible", path.display()))
}

#[cfg(test)]
mod tests {
    use kinora_protocol::api::Blame;

    use super::*;

    #[test]
    fn a_file_is_read_whole_or_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eight");
        std::fs::write(&path, b"12345678").unwrap();
        assert_eq!(read(&path, 8).unwrap(), b"12345678");
        let large = read(&path, 7).unwrap_err();
        assert_eq!(large.blame, Blame::Request);
        assert!(large.message.contains("eight") && large.message.contains("at most 7"), "{large}");
        assert_eq!(read(folder.path(), 8).unwrap_err().blame, Blame::Request);
        assert_eq!(read(&folder.path().join("none"), 8).unwrap_err().blame, Blame::Missing);
        assert_eq!(read(Path::new("/dev/zero"), 8).unwrap_err().blame, Blame::Request);
    }
}
