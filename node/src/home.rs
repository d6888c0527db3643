//! The home: one folder that holds everything of one node, and the lock that keeps two nodes out of it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use kinora_protocol::api::ApiError;
use rustix::fs::{FlockOperation, flock};

use crate::error::{self, Hint as _};

/// Longest path of a Unix socket, in bytes, with its end.
const SOCKET_PATH_MAX: usize = 104;

/// A home that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// It cannot be made or entered.
    #[error("the home {path} cannot be used: {source}")]
    Unusable {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something else stands there.
    #[error("the home {0} is not a folder")]
    NotAFolder(PathBuf),
}

impl From<HomeError> for ApiError {
    fn from(error: HomeError) -> Self {
        let hint = match &error {
            HomeError::Unusable { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space"
            }
            HomeError::Unusable { .. } => {
                "check who owns it and its permissions, or choose another with --home"
            }
            HomeError::NotAFolder(_) => "choose another with --home or KINORA_HOME",
        };
        error::system(error.to_string()).hint(hint)
    }
}

/// A folder that exists, is a folder and can be written.
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
}

/// Held while this process is the one node of a home; given back when dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Home {
    /// Opens the home, making it (mode 0700) if it is not there.
    ///
    /// # Errors
    /// [`HomeError`] when it cannot be made, entered or written.
    pub fn open(path: &Path) -> Result<Self, HomeError> {
        let unusable = |source| HomeError::Unusable { path: path.to_owned(), source };
        if path.exists() && !path.is_dir() {
            return Err(HomeError::NotAFolder(path.to_owned()));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let path = fs::canonicalize(path).map_err(unusable)?;
        let home = Self { path };
        // Ask now whether it can be written, so that the error names the home and not some file in it.
        home.lock_file().map_err(unusable)?;
        Ok(home)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or folder in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Folder with what this persona's letters say.
    #[must_use]
    pub fn letters(&self) -> PathBuf {
        self.join("letters")
    }

    /// Folder of the files that waiting renders are made from.
    #[must_use]
    pub fn materials(&self) -> PathBuf {
        self.join("materials")
    }

    /// Folder of this persona's own cameos: stills and salts that never leave it.
    #[must_use]
    pub fn cameos(&self) -> PathBuf {
        self.join("cameos")
    }

    /// Database of the records.
    #[must_use]
    pub fn records(&self) -> PathBuf {
        self.join("records.redb")
    }

    /// Folder of the blobs.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.join("blobs")
    }

    /// The keystore.
    #[must_use]
    pub fn keystore(&self) -> PathBuf {
        self.join("keystore.json")
    }

    /// The log of everything but `kinora node`.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.join("log")
    }

    fn lock_file(&self) -> io::Result<File> {
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.join("lock"))
    }

    /// Takes the home for this process; nothing when another holds it. The system frees it when the process ends,
    /// however that happens.
    ///
    /// # Errors
    /// When the lock file cannot be opened.
    pub fn try_lock(&self) -> Result<Option<Lock>, HomeError> {
        let unusable = |source| HomeError::Unusable { path: self.path.clone(), source };
        let file = self.lock_file().map_err(unusable)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(unusable(errno.into())),
        }
    }

    /// Path of the control socket: `node.sock` in the home, or a short path by the home's hash where that would be
    /// longer than the system takes.
    ///
    /// # Errors
    /// When the folder of the short path cannot be made.
    pub fn socket_path(&self) -> Result<PathBuf, HomeError> {
        let plain = self.join("node.sock");
        if plain.as_os_str().len() < SOCKET_PATH_MAX {
            return Ok(plain);
        }
        let hash = blake3::hash(self.path.as_os_str().as_encoded_bytes()).to_hex();
        let user = rustix::process::getuid().as_raw();
        let folder = std::env::temp_dir().join(format!("kinora-{user}"));
        let unusable = |source| HomeError::Unusable { path: folder.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(unusable)?;
        let short: String = hash.chars().take(16).collect();
        Ok(folder.join(format!("{short}.sock")))
    }
}

/// Writes a file so that it is either the old or the new one, also when the machine stops in between.
///
/// # Errors
/// What the system says.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_one_home() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("a/b")).unwrap();
        let lock = home.try_lock().unwrap().unwrap();
        assert!(home.try_lock().unwrap().is_none());
        drop(lock);
        assert!(home.try_lock().unwrap().is_some());
    }

    #[test]
    fn a_file_is_no_home() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        fs::write(&file, "x").unwrap();
        assert!(matches!(Home::open(&file), Err(HomeError::NotAFolder(_))));
    }

    #[test]
    fn long_homes_get_a_short_socket() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("x".repeat(120))).unwrap();
        assert!(home.socket_path().unwrap().as_os_str().len() < SOCKET_PATH_MAX);
    }
}
