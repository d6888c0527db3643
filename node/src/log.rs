//! Where the log goes: standard error for `kinora node`, a file in the home for everything else.
//!
//! The file is opened by the first line that is written, so that a verb that says nothing makes no file and a home
//! that cannot be written costs only the log. A file that has grown large is put aside once.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// A log file larger than this, in bytes, becomes `log.1`.
const LOG_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What is logged when nothing is said.
const FILTER_DEFAULT: &str = "warn,kinora=info,kinora_node=info";

/// Sets up logging for the whole process. `to` is a file, or `None` for standard error.
///
/// # Errors
/// When the filter cannot be read.
pub fn start(filter: Option<&str>, to: Option<&Path>) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter.unwrap_or(FILTER_DEFAULT)).map_err(|e| e.to_string())?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    match to {
        None => lines.with_writer(io::stderr).try_init(),
        Some(path) => lines.with_writer(LogFile::new(path)).try_init(),
    }
    .map_err(|e| e.to_string())
}

/// Opens a log file for appending, mode 0600.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path).is_ok_and(|meta| meta.len() > LOG_BYTES_MAX) {
        std::fs::rename(path, path.with_extension("1"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// A log file that is opened when it is needed.
#[derive(Clone, Debug)]
struct LogFile {
    path: PathBuf,
    file: Arc<Mutex<Option<File>>>,
}

impl LogFile {
    fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: Arc::default() }
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            *file = open(&self.path).ok();
        }
        // A log that cannot be written must not end what it tells about.
        if let Some(file) = file.as_mut()
            && file.write_all(bytes).is_err()
        {
            return Ok(bytes.len());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogFile {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_appears_with_the_first_line_and_is_put_aside_when_large() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = LogFile::new(&path);
        assert!(!path.exists());
        log.write_all(b"one\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\n");
        std::fs::write(&path, vec![b'x'; LOG_BYTES_MAX as usize + 1]).unwrap();
        LogFile::new(&path).write_all(b"two\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two\n");
        assert!(folder.path().join("log.1").exists());
    }

    #[test]
    fn a_folder_that_is_not_there_does_no_harm() {
        LogFile::new(Path::new("/nonexistent/log")).write_all(b"line\n").unwrap();
    }
}
