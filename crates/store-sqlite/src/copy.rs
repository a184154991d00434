//! A consistent copy of a database that is in use.

use std::{fs, io, path::Path};

use sqlx::{ConnectOptions, Connection};
use tertulia_store::StoreError;

use crate::{
    failure::{refused, unwritable},
    inspect::quick_findings,
    open::create_private,
    options::base,
};

/// Writes a copy of `source` as of one moment to `target`, which must not exist, and checks it. After a failure there
/// is no `target`.
pub(crate) async fn write_copy(source: &Path, target: &Path) -> Result<(), StoreError> {
    create_private(target, true).map_err(unwritable)?;
    let unfinished = Unfinished(target);
    vacuum_into(source, target).await?;
    sync(target).map_err(unwritable)?;
    if !quick_findings(target).await?.is_empty() {
        return Err(StoreError::Unreadable("copy"));
    }
    std::mem::forget(unfinished);
    Ok(())
}

/// Removes the file when it is dropped, also when the future around it is.
struct Unfinished<'f>(&'f Path);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(self.0) {
            tracing::warn!(%error, "an unfinished copy remains");
        }
    }
}

async fn vacuum_into(source: &Path, target: &Path) -> Result<(), StoreError> {
    let target = target.to_str().ok_or(StoreError::Unreadable("file name"))?;
    let mut connection = base(source).read_only(true).connect().await.map_err(refused)?;
    sqlx::query("vacuum into ?1").bind(target).execute(&mut connection).await.map_err(refused)?;
    connection.close().await.map_err(refused)
}

/// Makes the file and its name durable.
fn sync(file: &Path) -> io::Result<()> {
    fs::File::open(file)?.sync_all()?;
    match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => fs::File::open(directory)?.sync_all(),
        _ => fs::File::open(".")?.sync_all(),
    }
}
