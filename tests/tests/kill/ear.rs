//! A socket that is given what comes into an inbox, and says what it has got; it may break at any byte.

use std::{io, net::SocketAddr};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

const FINAL_TEXT: u8 = 0x81;
const FINAL_PING: u8 = 0x89;
const MASKED: u8 = 0x80;

/// An open socket.
#[derive(Debug)]
pub(crate) struct Ear(BufReader<TcpStream>);

impl Ear {
    /// Connects with a key, and is greeted. `Err`: the hub is gone.
    pub(crate) async fn open(hub: SocketAddr, key: &str) -> io::Result<Self> {
        let mut socket = BufReader::new(TcpStream::connect(hub).await?);
        let request = format!(
            "GET /v1/ws HTTP/1.1\r\nHost: {hub}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             X-AgentChat-Capabilities: ack\r\nAuthorization: Bearer {key}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if socket.read_line(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        let mut ear = Self(socket);
        assert_eq!(ear.next().await?["type"], "hello.ok");
        Ok(ear)
    }

    /// The next frame. `Err`: the connection is gone.
    pub(crate) async fn next(&mut self) -> io::Result<Value> {
        loop {
            let [first, length] = [self.0.read_u8().await?, self.0.read_u8().await?];
            let length = match length {
                126 => u64::from(self.0.read_u16().await?),
                127 => self.0.read_u64().await?,
                short => u64::from(short),
            };
            let mut payload = vec![0; usize::try_from(length).expect("frames are short")];
            self.0.read_exact(&mut payload).await?;
            match first {
                FINAL_TEXT => return Ok(serde_json::from_slice(&payload).expect("a frame is JSON")),
                // Nobody is silent for as long as that would matter.
                FINAL_PING => {}
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// Says that a message was got. `Err`: the connection is gone.
    pub(crate) async fn acknowledge(&mut self, message: &str) -> io::Result<()> {
        let text = json!({ "type": "ack", "message_id": message }).to_string();
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 126).expect("it is short");
        let mut frame = vec![FINAL_TEXT, MASKED | length, 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        self.0.write_all(&frame).await
    }
}
