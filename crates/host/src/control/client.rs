//! The command line's end of the control socket.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::control::{
    socket::{SOCKET_FILE, SocketPath},
    words::{Answer, Command},
};

/// Longest answer, in bytes.
const LONGEST_ANSWER: u64 = 4 << 20;

/// How long an answer may take; a backup of a large hub takes the longest.
const PATIENCE: Duration = Duration::from_mins(10);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No hub runs here.
    #[error("no hub runs in {}", directory.display())]
    NoHub {
        /// The data directory.
        directory: PathBuf,
    },
    /// The hub did not answer.
    #[error("the hub in {} did not answer", directory.display())]
    NoAnswer {
        /// The data directory.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Asks the hub that runs in a data directory. Blocks until it has answered.
///
/// # Errors
///
/// See [`AskError`].
pub fn ask(data_dir: &Path, command: &Command) -> Result<Answer, AskError> {
    converse(data_dir, command).map_err(|source| {
        let directory = data_dir.to_owned();
        let nobody = [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused].contains(&source.kind());
        if nobody { AskError::NoHub { directory } } else { AskError::NoAnswer { directory, source } }
    })
}

fn converse(data_dir: &Path, command: &Command) -> io::Result<Answer> {
    if !data_dir.join(SOCKET_FILE).exists() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let path = SocketPath::inside(data_dir)?;
    let mut stream = UnixStream::connect(&path.path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(LONGEST_ANSWER)).read_until(b'\n', &mut answer)?;
    Ok(serde_json::from_slice(&answer)?)
}
