//! How many connections the limit of open files leaves.

use std::num::NonZeroUsize;

/// Files that the hub needs besides its connections: the database, the log, the runtime, a burst of new connections.
const RESERVED: u64 = 128;

/// Raises this process's soft limit of open files to the hard one; the limit that holds now. Once, at the start of
/// the program: the limit is the whole process's.
#[must_use]
pub fn raise_open_files() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files could not be raised");
        soft_limit()
    })
}

/// The configured number of connections, or fewer when files are short.
pub(crate) fn connections(configured: NonZeroUsize) -> usize {
    let left = usize::try_from(soft_limit().saturating_sub(RESERVED)).unwrap_or(usize::MAX);
    configured.get().min(left.max(1))
}

fn soft_limit() -> u64 {
    rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(1_024, |(soft, _)| soft)
}
