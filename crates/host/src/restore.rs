//! Putting a backup in the place of the database.
//!
//! The backup is verified before anything is touched; the database that it replaces is kept beside it; and the history
//! gets an epoch that neither of the two has had, so that readers notice.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tertulia_core::Clock;
use tertulia_model::Epoch;
use tertulia_store::Hub;
use tertulia_store_sqlite::{FILE_NAME, Inspection, OpenError, SqliteOptions, SqliteStore, inspect, set_epoch};

use crate::data_dir::{DataDir, DataDirError};

/// Where the copy is made ready.
const UNFINISHED: &str = "hub.db.restoring";

/// How far ahead the epoch goes when the database that is replaced cannot say which one it had.
const LEAP: u16 = 64;

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the hub now holds.
    pub holds: Inspection,
    /// Where the database is that was replaced, if there was one.
    pub aside: Option<PathBuf>,
}

/// Why a backup was not restored. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A hub runs there, or the directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The backup cannot be read.
    #[error("the backup cannot be used")]
    Backup(#[source] OpenError),
    /// The backup is damaged.
    #[error("the backup is damaged: {}", findings.join("; "))]
    Damaged {
        /// What is wrong with it.
        findings: Vec<String>,
    },
    /// There is no epoch left that was never used.
    #[error("the history has been restored too often: there is no epoch left")]
    NoEpoch,
    /// The copy in the data directory cannot be used.
    #[error("the copy of the backup cannot be used")]
    Copy(#[source] OpenError),
    /// The data directory cannot be written.
    #[error("cannot write {}", file.display())]
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Replaces the database in `data_dir` by the backup `file`. The hub must not be running.
///
/// # Errors
///
/// See [`RestoreError`].
pub async fn restore(data_dir: &Path, file: &Path, clock: &dyn Clock) -> Result<Restored, RestoreError> {
    let backup = inspect(file).await.map_err(RestoreError::Backup)?;
    sound(&backup)?;
    // Not before: a backup that is refused leaves no trace.
    let held = DataDir::hold(data_dir)?;
    let database = held.path().join(FILE_NAME);
    let copy = held.path().join(UNFINISHED);
    let epoch = next_epoch(backup.epoch, epoch_of(&database).await)?;

    writing(&copy, copy_private(file, &copy))?;
    set_epoch(&copy, epoch).await.map_err(RestoreError::Copy)?;
    let holds = inspect(&copy).await.map_err(RestoreError::Copy)?;
    sound(&holds)?;
    let aside = put_aside(&database, &clock.now().to_string()).await?;
    writing(&database, fs::rename(&copy, &database).and_then(|()| sync_directory(held.path())))?;
    Ok(Restored { holds, aside })
}

fn sound(inspection: &Inspection) -> Result<(), RestoreError> {
    if inspection.findings.is_empty() {
        return Ok(());
    }
    Err(RestoreError::Damaged { findings: inspection.findings.clone() })
}

/// What is known of the epoch of the database that is replaced.
#[derive(Clone, Copy)]
enum OldEpoch {
    NoDatabase,
    Known(Epoch),
    Unreadable,
}

async fn epoch_of(database: &Path) -> OldEpoch {
    if !database.exists() {
        return OldEpoch::NoDatabase;
    }
    inspect(database).await.map_or(OldEpoch::Unreadable, |inspection| OldEpoch::Known(inspection.epoch))
}

fn next_epoch(backup: Epoch, old: OldEpoch) -> Result<Epoch, RestoreError> {
    let next = match old {
        OldEpoch::NoDatabase => backup.0.checked_add(1),
        OldEpoch::Known(old) => backup.0.max(old.0).checked_add(1),
        OldEpoch::Unreadable => backup.0.checked_add(LEAP),
    };
    next.map(Epoch).ok_or(RestoreError::NoEpoch)
}

fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    for leftover in [to.to_owned(), beside(to, "-wal"), beside(to, "-shm"), beside(to, "-journal")] {
        remove_if_there(&leftover)?;
    }
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    copy.sync_all()
}

/// Gives the database a second name, so that there is never a moment without one, and makes it whole in one file.
async fn put_aside(database: &Path, now: &str) -> Result<Option<PathBuf>, RestoreError> {
    if !database.exists() {
        return Ok(None);
    }
    write_log_back(database).await;
    let stamp = now.replace([':', '.'], "-");
    let aside = beside(database, &format!(".replaced-{stamp}"));
    writing(&aside, fs::hard_link(database, &aside))?;
    // Left only by a database that could not be opened: it belongs to the old one.
    let log = beside(database, "-wal");
    if log.exists() {
        writing(&log, fs::rename(&log, beside(&aside, "-wal")))?;
    }
    writing(database, remove_if_there(&beside(database, "-shm")))?;
    Ok(Some(aside))
}

/// After a crash the last commits stand in the write-ahead log; opening and closing moves them into the database.
async fn write_log_back(database: &Path) {
    match SqliteStore::open(database, &SqliteOptions::default()).await {
        Ok(store) => store.close().await,
        Err(error) => tracing::warn!(%error, "the replaced database is kept with its write-ahead log"),
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn writing<T>(file: &Path, outcome: io::Result<T>) -> Result<T, RestoreError> {
    outcome.map_err(|source| RestoreError::Write { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_one_that_neither_history_has_had() {
        let next = |old| next_epoch(Epoch(3), old).map(|epoch| epoch.0);
        assert_eq!(next(OldEpoch::NoDatabase).unwrap(), 4);
        assert_eq!(next(OldEpoch::Known(Epoch(2))).unwrap(), 4);
        assert_eq!(next(OldEpoch::Known(Epoch(9))).unwrap(), 10);
        assert_eq!(next(OldEpoch::Unreadable).unwrap(), 67);
        assert!(matches!(next(OldEpoch::Known(Epoch(u16::MAX))), Err(RestoreError::NoEpoch)));
    }
}
