//! Where pictures are made: on threads that may block, few at a time.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::{Error, avatar};

/// Makes pictures, few at a time. Cheap to clone; clones share the places.
///
/// Memory is bounded by the places: a file of at most [`crate::MAX_BYTES`] for each one that waits, and what
/// [`crate::avatar`] needs for each that is made. When all places are taken a picture is refused with [`Error::Busy`].
#[derive(Clone, Debug)]
pub struct Studio {
    tasks: TaskTracker,
    /// A place for each picture that is made or waits.
    admitted: Arc<Semaphore>,
    /// A place for each picture that is made.
    making: Arc<Semaphore>,
}

impl Studio {
    /// A studio that makes `making` pictures at once (at least one) while `waiting` others wait. What is being made
    /// when a caller goes away is made to its end, as a task of `tasks`.
    #[must_use]
    pub fn new(tasks: TaskTracker, making: usize, waiting: usize) -> Self {
        let making = making.clamp(1, Semaphore::MAX_PERMITS);
        let admitted = making.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        Self { tasks, admitted: Arc::new(Semaphore::new(admitted)), making: Arc::new(Semaphore::new(making)) }
    }

    /// Makes an avatar: see [`crate::avatar`]. Cancel safe: a dropped call gives its place back, at once or when its
    /// picture is made.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, or [`Error::Busy`].
    pub async fn avatar(&self, file: Bytes) -> Result<Bytes, Error> {
        avatar::check(&file)?;
        self.work(move || avatar(&file).map(Bytes::from)).await
    }

    async fn work(&self, job: impl FnOnce() -> Result<Bytes, Error> + Send + 'static) -> Result<Bytes, Error> {
        let place = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Error::Busy)?;
        let turn = Arc::clone(&self.making).acquire_owned().await.map_err(|_| Error::Busy)?;
        let made = self.tasks.spawn_blocking(move || {
            // Held by the thread: a caller that goes away does not make room for another picture.
            let _held = (place, turn);
            job()
        });
        // A decoder that panics has met a file that it should have refused.
        made.await.unwrap_or(Err(Error::ProcessingFailed))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn who_finds_no_place_is_refused() {
        let studio = Studio::new(TaskTracker::new(), 1, 1);
        let (finish, wait) = mpsc::channel::<()>();
        let mut made = Box::pin(studio.work(move || {
            wait.recv().unwrap();
            Ok(Bytes::from_static(b"made"))
        }));
        let mut waits = Box::pin(studio.work(|| Ok(Bytes::from_static(b"waited"))));
        assert!(polled_once(made.as_mut()).await.is_none());
        assert!(polled_once(waits.as_mut()).await.is_none());

        assert_eq!(studio.work(|| Ok(Bytes::new())).await, Err(Error::Busy));

        finish.send(()).unwrap();
        assert_eq!(made.await.unwrap(), "made");
        assert_eq!(waits.await.unwrap(), "waited");
        assert_eq!(studio.work(|| Ok(Bytes::new())).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_does_not_make_room() {
        let tasks = TaskTracker::new();
        let studio = Studio::new(tasks.clone(), 1, 0);
        let (finish, wait) = mpsc::channel::<()>();
        let mut made = Box::pin(studio.work(move || {
            wait.recv().unwrap();
            Ok(Bytes::new())
        }));
        assert!(polled_once(made.as_mut()).await.is_none());
        drop(made);

        assert_eq!(studio.work(|| Ok(Bytes::new())).await, Err(Error::Busy));

        finish.send(()).unwrap();
        tasks.close();
        tasks.wait().await;
        assert_eq!(studio.work(|| Ok(Bytes::new())).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_decoder_that_panics_fails_its_own_picture_only() {
        let studio = Studio::new(TaskTracker::new(), 1, 0);

        assert_eq!(studio.work(|| panic!("a test of panics")).await, Err(Error::ProcessingFailed));
        assert_eq!(studio.work(|| Ok(Bytes::from_static(b"made"))).await.unwrap(), "made");
    }

    /// Polls once.
    async fn polled_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        std::future::poll_fn(|context| match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }
}
