//! Objects in a folder: each one a file, written under another name first.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use object_store::local::LocalFileSystem;
use tertulia_model::Timestamp;

use crate::{Error, Shelf};

/// Bytes that are read at once.
const PIECE: u64 = 256 << 10;

pub(crate) fn open(folder: &Path) -> Result<LocalFileSystem, Error> {
    make(folder).map_err(|error| Error::Unavailable(error.into()))?;
    Ok(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The bytes of an open file, so that it may be deleted or replaced meanwhile.
pub(crate) fn read(mut file: File, range: Range<u64>) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
    file.seek(SeekFrom::Start(range.start)).map_err(|error| Error::Unavailable(error.into()))?;
    let pieces = stream::try_unfold((file, range.end - range.start), |(file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || piece(file, left.min(PIECE)));
        let (piece, file) =
            read.await.map_err(io::Error::from).flatten().map_err(|error| Error::Unavailable(error.into()))?;
        let left = left - piece.len() as u64;
        Ok(Some((piece, (file, left))))
    });
    Ok(pieces.boxed())
}

fn piece(mut file: File, length: u64) -> io::Result<(Bytes, File)> {
    let mut piece = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact(&mut piece)?;
    Ok((piece.into(), file))
}

/// Removes files of which the upload has not ended: they have a `#` and a number behind their name.
pub(crate) fn discard_unfinished(folder: &Path, before: Timestamp) -> io::Result<usize> {
    let mut discarded = 0;
    let mut folders: Vec<_> = Shelf::ALL.map(|shelf| folder.join(shelf.as_str())).into();
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if is_unfinished(&entry.path()) && is_older(&entry, before) && fs::remove_file(entry.path()).is_ok()
            {
                discarded += 1;
            }
        }
    }
    Ok(discarded)
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let number = name.and_then(|name| name.split_once('#')).map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a file was last written to before this moment. One that is gone meanwhile is nobody's business.
fn is_older(entry: &fs::DirEntry, before: Timestamp) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| moment(modified) < before)
}

fn moment(modified: SystemTime) -> Timestamp {
    Timestamp::default() + modified.duration_since(UNIX_EPOCH).unwrap_or_default()
}
