//! The hub's end of the control socket.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tertulia_core::Clock;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedReadHalf},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use crate::{
    control::{
        socket::{ControlError, SOCKET_FILE, SocketPath},
        words::{Answer, Command},
    },
    engine::Phase,
    operator::Operator,
};

/// Longest question, in bytes.
const LONGEST_QUESTION: u64 = 64 * 1024;

/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// Connections that are answered at once; more wait to be accepted.
const MOST_CONNECTIONS: usize = 8;

/// A control socket that nobody answers yet.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    owner: u32,
    path: SocketPath,
}

impl ControlSocket {
    /// Makes the socket in a data directory that this process holds; a socket left by a hub that is gone is replaced.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn bind(data_dir: &Path) -> Result<Self, ControlError> {
        bind(data_dir).map_err(|source| ControlError { path: data_dir.join(SOCKET_FILE), source })
    }

    /// Answers until the phase ends.
    pub(crate) fn serve(self, operator: Operator, clock: &Arc<dyn Clock>, serving: &Phase) {
        let (phase, clock) = (serving.clone(), clock.clone());
        serving.tasks.spawn(self.accept(operator, clock, phase));
    }

    async fn accept(self, operator: Operator, clock: Arc<dyn Clock>, serving: Phase) {
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let next = async {
                let place = places.clone().acquire_owned().await.ok()?;
                Some((place, self.listener.accept().await))
            };
            let next = tokio::select! {
                () = serving.stop.cancelled() => None,
                next = next => next,
            };
            let Some((place, accepted)) = next else { break };
            match accepted {
                Ok((stream, _)) if self.may_speak(&stream) => {
                    let (operator, clock, stop) = (operator.clone(), clock.clone(), serving.stop.clone());
                    serving.tasks.spawn(async move {
                        converse(stream, &operator, &*clock, &stop).await;
                        drop(place);
                    });
                }
                Ok(_) => tracing::warn!("somebody else's process spoke to the control socket"),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept on the control socket");
                    clock.sleep(Duration::from_millis(100)).await;
                }
            }
        }
        // Fails only when it is gone already.
        let _ = fs::remove_file(&self.path.path);
    }

    fn may_speak(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0)
    }
}

fn bind(data_dir: &Path) -> io::Result<ControlSocket> {
    let path = SocketPath::inside(data_dir)?;
    match fs::remove_file(&path.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&path.path)?;
    fs::set_permissions(&path.path, fs::Permissions::from_mode(0o600))?;
    // The owner of what we have just made is ourselves.
    let owner = fs::metadata(&path.path)?.uid();
    Ok(ControlSocket { listener, owner, path })
}

async fn converse(stream: UnixStream, operator: &Operator, clock: &dyn Clock, stop: &CancellationToken) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let question = tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(SILENCE) => return,
            question = read_line(&mut reader) => question,
        };
        let Ok(Some(question)) = question else { return };
        let answer = match serde_json::from_slice::<Command>(&question) {
            Ok(command) => operator.carry_out(command).await,
            Err(error) => Answer::Refused { reason: format!("the command was not understood: {error}") },
        };
        let mut line = serde_json::to_vec(&answer).expect("an answer consists of plain values");
        line.push(b'\n');
        let written = tokio::select! {
            () = clock.sleep(SILENCE) => return,
            written = writer.write_all(&line) => written,
        };
        if written.is_err() {
            return;
        }
    }
}

/// The next line; `None` at the end.
async fn read_line(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.take(LONGEST_QUESTION).read_until(b'\n', &mut line).await?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "the line is too long or was cut off")),
    }
}
