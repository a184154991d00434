//! The end of a WebSocket: the last words leave, the other side is heard out, the connection closes. All within bounds.

use std::{
    future::poll_fn,
    net::Shutdown,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use socket2::SockRef;

use super::{closing::CloseFrame, talk::Talk};
use crate::{
    metrics::EdgeMetrics,
    ws::{self, Received},
};

/// How long the client's own close frame is waited for.
const HEARD_OUT_WITHIN: Duration = Duration::from_secs(2);

/// What of its input is read meanwhile, in bytes, so that the kernel does not throw our last words away with it.
const HEARD_OUT_BYTES: usize = 1024 * 1024;

/// "No code was said", and "there was no close frame": never sent.
const NO_CODE: u16 = 1005;
const NO_CLOSE: u16 = 1006;

/// How the sides part.
pub(super) enum Parting {
    /// The client is not there any more.
    Gone,
    /// The client closes, with this code if it says one.
    Left(Option<u16>),
    /// The hub closes with this code: the last frames, the close frame among them.
    Closing(u16, Bytes),
}

impl Parting {
    /// The hub closes; `last` are whole frames that leave before.
    pub(super) fn closing(close: CloseFrame, mut last: BytesMut) -> Self {
        ws::put_close(&mut last, Some(close.code), close.reason);
        Self::Closing(close.code, last.freeze())
    }

    pub(super) fn count(&self, metrics: &EdgeMetrics) {
        match self {
            Self::Gone => metrics.socket_left(NO_CLOSE),
            Self::Left(code) => metrics.socket_left(code.unwrap_or(NO_CODE)),
            Self::Closing(code, _) => metrics.socket_closed(*code),
        }
    }
}

impl Talk {
    /// Ends the connection.
    pub(super) async fn part(&mut self, parting: Parting) {
        match parting {
            Parting::Gone => return,
            Parting::Left(code) => {
                // It reads nothing more.
                self.queue.abandon();
                let mut echo = BytesMut::new();
                ws::put_close(&mut echo, code, "");
                self.say_last(&echo.freeze(), HeardOut(HEARD_OUT_BYTES)).await;
            }
            Parting::Closing(_, last) => {
                let heard_out = self.say_last(&last, HeardOut(0)).await;
                if self.reader.is_none() {
                    // Its close frame would not be understood any more; it need not wait for ours to be the end.
                    self.close_our_side();
                }
                self.hear_out(heard_out).await;
            }
        }
        self.close_our_side();
    }

    fn close_our_side(&self) {
        // A failure means that the peer has closed already.
        let _ = SockRef::from(&*self.stream).shutdown(Shutdown::Write);
    }

    /// Lets leave what waits and `last` behind it.
    async fn say_last(&mut self, last: &Bytes, mut heard_out: HeardOut) -> HeardOut {
        self.queue.end(last);
        let mut patience = self.patience();
        poll_fn(|cx| {
            // A client that waits for us to read does not read either.
            let _ = self.poll_heard_out(cx, &mut heard_out);
            if self.queue.poll_drain(cx).is_ready() {
                return Poll::Ready(());
            }
            patience.as_mut().poll(cx)
        })
        .await;
        heard_out
    }

    /// Waits for the client's close frame.
    async fn hear_out(&mut self, mut heard_out: HeardOut) {
        let mut patience = self.clock.sleep(HEARD_OUT_WITHIN);
        poll_fn(|cx| match self.poll_heard_out(cx, &mut heard_out) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => patience.as_mut().poll(cx),
        })
        .await;
    }

    /// Reads and forgets. Ready when nothing more is to be heard: a close frame has come, or the end, or too much.
    fn poll_heard_out(&mut self, cx: &mut Context<'_>, heard_out: &mut HeardOut) -> Poll<()> {
        while heard_out.0 < HEARD_OUT_BYTES {
            match self.reader.as_mut().map(crate::ws::FrameReader::next) {
                Some(Ok(Some(Received::Close(_)))) => heard_out.0 = HEARD_OUT_BYTES,
                Some(Ok(Some(_))) => {}
                Some(Err(_)) => self.reader = None,
                Some(Ok(None)) | None => match ready!(self.poll_fill(cx)) {
                    0 => heard_out.0 = HEARD_OUT_BYTES,
                    read => heard_out.0 = heard_out.0.saturating_add(read),
                },
            }
        }
        Poll::Ready(())
    }
}

/// How much was read since the hub has closed; [`HEARD_OUT_BYTES`] when that is all.
struct HeardOut(usize);
