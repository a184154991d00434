//! The socket's path, which may be longer than an address can hold.

use std::{
    fs::File,
    io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

/// Name of the control socket in the data directory.
pub const SOCKET_FILE: &str = "control.sock";

/// Longest path that a socket's address can hold on every Unix, in bytes.
const LONGEST_PATH: usize = 103;

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on the control socket {}", path.display())]
pub struct ControlError {
    /// Its path.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// A path by which the socket in a directory can be addressed, and what must stay open while it is used.
#[derive(Debug)]
pub(crate) struct SocketPath {
    pub(crate) path: PathBuf,
    _directory: Option<File>,
}

impl SocketPath {
    /// The path itself, or a short one through the open directory.
    pub(crate) fn inside(directory: &Path) -> io::Result<Self> {
        let path = directory.join(SOCKET_FILE);
        if path.as_os_str().len() <= LONGEST_PATH {
            return Ok(Self { path, _directory: None });
        }
        if !Path::new("/proc/self/fd").is_dir() {
            let why = format!("the path has more than {LONGEST_PATH} bytes; choose a shorter data directory");
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, why));
        }
        let open = File::open(directory)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd())).join(SOCKET_FILE);
        Ok(Self { path, _directory: Some(open) })
    }
}
