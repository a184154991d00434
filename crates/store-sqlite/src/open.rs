//! Opening a database, or making it.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tertulia_store::StoreError;

use crate::{
    SqliteOptions, commit,
    failure::refused,
    options::base,
    schema::{SCHEMA_VERSION, Stamp, migrate, stamp},
};

/// Why a database was not opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file can be neither read nor made.
    #[error("cannot open {}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file belongs to another program.
    #[error("{} is not a database of this program", file.display())]
    NotOurs {
        /// Which file.
        file: PathBuf,
    },
    /// The file was written by a later version of this program.
    #[error("{} has schema version {found}; this program knows versions up to {known}", file.display())]
    Newer {
        /// Which file.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// Our version.
        known: u32,
    },
    /// The database refused.
    #[error("cannot use the database {}", file.display())]
    Store {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: StoreError,
    },
}

/// Opens the connection that writes, makes the file if there is none, and brings its schema to our version.
pub(crate) async fn open_writer(file: &Path, options: &SqliteOptions) -> Result<SqliteConnection, OpenError> {
    create_private(file, false).map_err(|source| OpenError::File { file: file.to_owned(), source })?;
    // Looked at before anything is changed: the file may be somebody else's.
    let version = version_of(file).await?;
    let opened = async {
        let mut writer = options.writer(file).connect().await.map_err(refused)?;
        migrate(&mut writer, version).await?;
        commit::prepare(&mut writer).await?;
        Ok(writer)
    };
    opened.await.map_err(|source| OpenError::Store { file: file.to_owned(), source })
}

/// The version of the file's schema, at most ours; 0 if nothing is in it.
pub(crate) async fn version_of(file: &Path) -> Result<u32, OpenError> {
    let at = || file.to_owned();
    let length = file.metadata().map_err(|source| OpenError::File { file: at(), source })?.len();
    if length == 0 {
        return Ok(0);
    }
    let looked = async {
        let mut connection = base(file).read_only(true).connect().await.map_err(refused)?;
        let found = stamp(&mut connection).await?;
        connection.close().await.map_err(refused)?;
        Ok(found)
    };
    match looked.await {
        Ok(Stamp::Empty) => Ok(0),
        Ok(Stamp::Ours(found)) if found > SCHEMA_VERSION => {
            Err(OpenError::Newer { file: at(), found, known: SCHEMA_VERSION })
        }
        Ok(Stamp::Ours(found)) => Ok(found),
        Ok(Stamp::Foreign) | Err(StoreError::Unreadable(_)) => Err(OpenError::NotOurs { file: at() }),
        Err(source) => Err(OpenError::Store { file: at(), source }),
    }
}

/// Makes an empty file that only its owner may read; SQLite gives its companions the same rights. A file that is
/// there already is left as it is, or refused if it `must_be_new`.
pub(crate) fn create_private(file: &Path, must_be_new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(!must_be_new).create_new(must_be_new).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}
