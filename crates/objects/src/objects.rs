//! The store itself: on disk, or in a bucket.

use std::{ops::Range, path::Path, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, GetResult, GetResultPayload, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutPayload,
};
use tertulia_model::Timestamp;

use crate::{Bucket, BucketError, Content, Error, Key, PutError, Shelf, disk, verifier::Verifier};

/// Longest object, in bytes.
// wire: agentchat.md#101-upload
pub const MAX_BYTES: u64 = 25 << 20;

/// Keeps objects. Cheap to clone.
///
/// In memory stands at most one part of each object that is being put: 1 MiB on disk, 5 MiB for a bucket.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The folder, if it is one.
    folder: Option<Arc<Path>>,
    /// Bytes of each part but the last. What is shorter is put at once.
    part: usize,
}

/// What an object must turn out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: [u8; 32],
    /// Its kind.
    pub content: Content,
}

/// Which part of an object is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// From the first place up to and without the second, or up to the end.
    Between(Range<u64>),
    /// From this place on.
    From(u64),
    /// As many bytes at the end, or all of it.
    Last(u64),
}

/// An object that is there.
pub struct Found {
    /// Length of the whole.
    pub bytes: u64,
    /// Which bytes `body` gives.
    pub range: Range<u64>,
    /// When it was put.
    pub modified: Timestamp,
    /// The bytes, read as they are taken.
    pub body: BoxStream<'static, Result<Bytes, Error>>,
}

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: Key,
    /// Its length.
    pub bytes: u64,
    /// When it was put.
    pub modified: Timestamp,
}

impl Objects {
    const PART_ON_DISK: usize = 1 << 20;
    /// The smallest that S3 takes.
    const PART_IN_BUCKET: usize = 5 << 20;

    /// Objects in a folder, which is made if it is not there, for nobody else to read. Blocking, briefly.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the folder cannot be made or used.
    pub fn on_disk(folder: &Path) -> Result<Self, Error> {
        let store = Arc::new(disk::open(folder)?);
        Ok(Self { store, folder: Some(folder.into()), part: Self::PART_ON_DISK })
    }

    /// Objects in a bucket. Nothing is asked of it yet. Blocking: it reads the trusted roots of the system.
    ///
    /// What a crash leaves of an upload is the bucket's to remove: it needs a rule that aborts incomplete multipart
    /// uploads after a day.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings.
    pub fn in_bucket(bucket: &Bucket) -> Result<Self, BucketError> {
        Ok(Self { store: Arc::new(bucket.open()?), folder: None, part: Self::PART_IN_BUCKET })
    }

    /// Keeps an object, instead of what stood under its key before. Others see the old one until all of it has arrived,
    /// fits what was announced, and is on the disk.
    ///
    /// A call that is dropped leaves nothing on disk; in a bucket see [`in_bucket`](Self::in_bucket).
    ///
    /// # Errors
    ///
    /// See [`PutError`].
    pub async fn put<E>(
        &self,
        key: &Key,
        announced: &Announced,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), PutError> {
        let mut upload = Upload { objects: self, key, begun: None, waiting: BytesMut::new() };
        match upload.take(announced, body).await {
            Ok(()) => upload.finish().await,
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        }
    }

    /// Keeps an object of the hub's own making.
    ///
    /// # Errors
    ///
    /// [`PutError::TooLarge`] or [`PutError::Unavailable`].
    pub async fn put_ours(&self, key: &Key, bytes: Bytes) -> Result<(), PutError> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(PutError::TooLarge);
        }
        self.store.put(&key.path(), PutPayload::from_bytes(bytes)).await?;
        Ok(())
    }

    /// Opens an object for reading.
    ///
    /// # Errors
    ///
    /// See [`Error`]. The body fails with [`Error::Unavailable`] when it breaks off.
    pub async fn get(&self, key: &Key, part: Part) -> Result<Found, Error> {
        let path = key.path();
        let range = if part == Part::Whole { None } else { Some(part.within(self.store.head(&path).await?.size)?) };
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        Found::new(self.store.get_opts(&path, options).await?)
    }

    /// Removes an object. That there is none is no error.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`].
    pub async fn delete(&self, key: &Key) -> Result<(), Error> {
        match self.store.delete(&key.path()).await.map_err(Error::from) {
            Ok(()) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Everything on a shelf, in no order, read as it is taken. Files that are not ours are left out.
    pub fn list(&self, on: Shelf) -> BoxStream<'static, Result<Listed, Error>> {
        let prefix = object_store::path::Path::from(on.as_str());
        let all = self.store.list(Some(&prefix)).map_err(Error::from);
        all.try_filter_map(move |listed| async move { Ok(Listed::new(&listed, on)) }).boxed()
    }

    /// Every picture whose key begins with this folder, as [`Self::list`] lists them.
    pub fn pictures_in(&self, folder: &str) -> BoxStream<'static, Result<Listed, Error>> {
        let prefix = object_store::path::Path::from(format!("{}/{folder}", Shelf::Avatars.as_str()));
        let all = self.store.list(Some(&prefix)).map_err(Error::from);
        all.try_filter_map(move |listed| async move { Ok(Listed::new(&listed, Shelf::Avatars)) }).boxed()
    }

    /// Writes a small object and removes it again, to see whether that can be done.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`].
    pub async fn probe(&self) -> Result<(), Error> {
        let path = object_store::path::Path::from("probe");
        self.store.put(&path, PutPayload::from_static(b"probe")).await?;
        Ok(self.store.delete(&path).await?)
    }

    /// Removes what a crash has left of uploads that were last written to before this moment; how many there were.
    /// In a bucket there is nothing to do.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the disk cannot be read.
    pub async fn discard_unfinished(&self, before: Timestamp) -> Result<usize, Error> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let discarded = tokio::task::spawn_blocking(move || disk::discard_unfinished(&folder, before));
        discarded
            .await
            .map_err(|error| Error::Unavailable(error.into()))?
            .map_err(|error| Error::Unavailable(error.into()))
    }
}

/// An object on its way.
struct Upload<'a> {
    objects: &'a Objects,
    key: &'a Key,
    /// The parts that are already there, once there is more than one.
    begun: Option<Box<dyn MultipartUpload>>,
    waiting: BytesMut,
}

impl Upload<'_> {
    async fn take<E>(
        &mut self,
        announced: &Announced,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), PutError> {
        let mut verifier = Verifier::new(announced)?;
        let mut body = std::pin::pin!(body);
        while let Some(piece) = body.next().await {
            let mut piece = piece.map_err(|_| PutError::Interrupted)?;
            verifier.feed(&piece)?;
            while !piece.is_empty() {
                let more = piece.split_to(piece.len().min(self.objects.part - self.waiting.len()));
                self.waiting.extend_from_slice(&more);
                if self.waiting.len() == self.objects.part {
                    self.put_part().await?;
                }
            }
        }
        verifier.finish()
    }

    /// Parts go one after the other: an upload is bounded by its sender, not by the disk.
    async fn put_part(&mut self) -> Result<(), PutError> {
        let part = PutPayload::from_bytes(self.waiting.split().freeze());
        let upload = match &mut self.begun {
            Some(upload) => upload,
            none => none.insert(self.objects.store.put_multipart(&self.key.path()).await?),
        };
        upload.put_part(part).await?;
        Ok(())
    }

    async fn finish(mut self) -> Result<(), PutError> {
        if self.begun.is_some() && !self.waiting.is_empty() {
            let last = self.put_part().await;
            if last.is_err() {
                self.abort().await;
                return last;
            }
        }
        match self.begun {
            Some(mut upload) => upload.complete().await.map(drop)?,
            None => self.objects.put_ours(self.key, self.waiting.freeze()).await?,
        }
        Ok(())
    }

    /// What cannot be removed now goes with the next sweep.
    async fn abort(self) {
        if let Some(mut upload) = self.begun
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "a refused upload could not be removed");
        }
    }
}

impl Part {
    /// Which bytes of an object of this length are meant.
    fn within(self, bytes: u64) -> Result<Range<u64>, Error> {
        let range = match self {
            Self::Whole => return Ok(0..bytes),
            Self::Between(range) => range.start..range.end.min(bytes),
            Self::From(start) => start..bytes,
            Self::Last(count) => bytes.saturating_sub(count)..bytes,
        };
        if range.is_empty() { Err(Error::OutOfRange { bytes }) } else { Ok(range) }
    }
}

impl Found {
    fn new(found: GetResult) -> Result<Self, Error> {
        let GetResult { payload, meta, range, .. } = found;
        let body = match payload {
            GetResultPayload::File(file, _) => disk::read(file, range.clone())?,
            GetResultPayload::Stream(body) => body.map_err(Error::from).boxed(),
        };
        Ok(Self { bytes: meta.size, range, modified: moment(&meta), body })
    }

    /// Reads all of the body.
    ///
    /// # Errors
    ///
    /// What interrupts it.
    pub async fn collect(self) -> Result<Bytes, Error> {
        let whole = self.body.try_fold(BytesMut::new(), |mut whole, piece| async move {
            whole.extend_from_slice(&piece);
            Ok(whole)
        });
        Ok(whole.await?.freeze())
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").field("bytes", &self.bytes).field("range", &self.range).finish_non_exhaustive()
    }
}

impl Listed {
    fn new(listed: &ObjectMeta, shelf: Shelf) -> Option<Self> {
        let key = Key::of(&listed.location, shelf)?;
        Some(Self { key, bytes: listed.size, modified: moment(listed) })
    }
}

fn moment(of: &ObjectMeta) -> Timestamp {
    Timestamp::from_micros(of.last_modified.timestamp_micros())
}
