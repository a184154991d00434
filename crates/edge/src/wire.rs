//! A socket as hyper sees it: bytes that were read to tell the protocols apart come first, and the connection learns
//! when bytes arrive and when everything written has left.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::link::Link;

pub(crate) struct Wire {
    socket: TcpStream,
    ahead: Bytes,
    link: Arc<Link>,
    ended: bool,
}

impl Wire {
    /// `ahead` is what was read from `socket` already.
    pub(crate) fn new(socket: TcpStream, ahead: Bytes, link: Arc<Link>) -> Self {
        Self { socket, ahead, link, ended: false }
    }

    /// Whether the peer has closed its side.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    fn note_progress(&self, written: &Poll<io::Result<usize>>) {
        if written.is_ready() {
            self.link.flows();
        } else {
            self.link.stalls();
        }
    }

    /// The socket, and what was read from it and asked for by nobody.
    pub(crate) fn into_parts(self) -> (TcpStream, Bytes) {
        (self.socket, self.ahead)
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let length = self.ahead.len().min(buf.remaining());
            buf.put_slice(&self.ahead[..length]);
            self.ahead.advance(length);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        if buf.filled().len() == before {
            self.ended = true;
        } else {
            self.link.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.note_progress(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.note_progress(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// hyper asks for this once its own buffer is empty: everything it wrote is with the kernel.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
        self.link.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
