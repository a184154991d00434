//! The data directory: private to its owner, and held by one hub at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tertulia_core::Ids;

/// The file that is locked while a hub runs; it says where that hub is.
pub const LOCK_FILE: &str = "hub.lock";

/// Length of a new secret.
const SECRET_BYTES: usize = 32;

/// Longest lock file that is read, in bytes.
const LONGEST_LOCK: u64 = 4_096;

/// Where a running hub is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// Its process.
    pub pid: u32,
    /// Its address as a URL; empty until it listens.
    pub url: String,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process has it.
    #[error("{} is in use{}", directory.display(), said(holder.as_ref()))]
    InUse {
        /// Which directory.
        directory: PathBuf,
        /// Where the other one is, if it has said so.
        holder: Option<Whereabouts>,
    },
    /// It can be neither used nor made.
    #[error("cannot use the data directory {}", directory.display())]
    Unusable {
        /// Which directory.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn said(holder: Option<&Whereabouts>) -> String {
    holder.map(|holder| format!(" by process {}, which listens on {}", holder.pid, holder.url)).unwrap_or_default()
}

/// A data directory that this process holds. Dropping it lets go.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    lock: File,
}

impl DataDir {
    /// Makes the directory (only its owner may enter) if there is none, and takes its lock.
    ///
    /// # Errors
    ///
    /// [`DataDirError::InUse`] if another process has it; [`DataDirError::Unusable`] if it cannot be used.
    pub fn hold(directory: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable { directory: directory.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unusable)?;
        // Absolute, so that a later change of the working directory changes nothing.
        let path = fs::canonicalize(directory).map_err(unusable)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(path.join(LOCK_FILE)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Self::in_use(directory)),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let mut held = Self { path, lock };
        held.announce("").map_err(unusable)?;
        Ok(held)
    }

    /// Where the hub is that holds `directory`; `None` if none does, or it has not said.
    #[must_use]
    pub fn holder(directory: &Path) -> Option<Whereabouts> {
        let mut lock = File::open(directory.join(LOCK_FILE)).ok()?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read_whereabouts(&mut lock),
            // Nobody holds it: what it says is of a hub that is gone.
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    /// The directory, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether others than the owner may enter.
    #[must_use]
    pub fn is_open_to_others(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    }

    /// The secret in a file that only the owner may read; when there is none, 32 random bytes are written first. What is
    /// there and cannot be read is left alone.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Unusable`].
    pub(crate) fn secret(&self, file: &str, ids: &dyn Ids) -> Result<Vec<u8>, DataDirError> {
        let file = self.path.join(file);
        let secret = match fs::read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.new_secret(&file, ids),
            read => read,
        };
        secret.map_err(|source| DataDirError::Unusable { directory: self.path.clone(), source })
    }

    /// Written under another name first, so that after a crash there is a whole secret or none.
    fn new_secret(&self, file: &Path, ids: &dyn Ids) -> io::Result<Vec<u8>> {
        let mut secret = vec![0; SECRET_BYTES];
        ids.fill(&mut secret);
        let unfinished = file.with_extension("new");
        let mut options = OpenOptions::new();
        let mut written = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        written.write_all(&secret)?;
        written.sync_all()?;
        fs::rename(&unfinished, file)?;
        File::open(&self.path)?.sync_all()?;
        Ok(secret)
    }

    /// Writes down where this hub is.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub(crate) fn announce(&mut self, url: &str) -> io::Result<()> {
        let whereabouts = Whereabouts { pid: std::process::id(), url: url.to_owned() };
        let text = serde_json::to_vec(&whereabouts)?;
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        self.lock.write_all(&text)
    }

    fn in_use(directory: &Path) -> DataDirError {
        let holder = File::open(directory.join(LOCK_FILE)).ok().and_then(|mut lock| read_whereabouts(&mut lock));
        DataDirError::InUse { directory: directory.to_owned(), holder }
    }
}

fn read_whereabouts(lock: &mut File) -> Option<Whereabouts> {
    let mut text = Vec::new();
    lock.take(LONGEST_LOCK).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok().filter(|whereabouts: &Whereabouts| !whereabouts.url.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_the_next_is_told_where_that_one_is() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("new");
        let mut held = DataDir::hold(&directory).unwrap();
        assert_eq!(DataDir::holder(&directory), None, "it does not listen yet");
        held.announce("http://127.0.0.1:7600").unwrap();

        let whereabouts = Whereabouts { pid: std::process::id(), url: "http://127.0.0.1:7600".to_owned() };
        let refused = DataDir::hold(&directory).unwrap_err();
        assert!(
            matches!(&refused, DataDirError::InUse { holder: Some(holder), .. } if *holder == whereabouts),
            "{refused:?}"
        );
        assert_eq!(DataDir::holder(&directory), Some(whereabouts));

        drop(held);
        assert_eq!(DataDir::holder(&directory), None);
        DataDir::hold(&directory).unwrap();
    }

    #[test]
    fn a_secret_is_made_once_and_nobody_else_may_read_it() {
        let place = tempfile::tempdir().unwrap();
        let held = DataDir::hold(&place.path().join("new")).unwrap();
        let ids = crate::clock::SystemIds::default();
        let secret = held.secret("token.secret", &ids).unwrap();
        assert_eq!(secret.len(), SECRET_BYTES);
        assert_eq!(held.secret("token.secret", &ids).unwrap(), secret);
        assert_ne!(held.secret("other.secret", &ids).unwrap(), secret);
        let mode = fs::metadata(held.path().join("token.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn nobody_else_may_look_inside() {
        let place = tempfile::tempdir().unwrap();
        let held = DataDir::hold(&place.path().join("new")).unwrap();
        assert!(!held.is_open_to_others());
        let mode = fs::metadata(held.path().join(LOCK_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::set_permissions(held.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(held.is_open_to_others());
    }
}
