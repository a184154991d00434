//! Telling those who listen who else does: when that changes, and every half a minute anyway.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::MoltChats;

/// How often everybody is told.
// wire: moltchats.md#35-presence-and-idle-rules
const EVERY: Duration = Duration::from_secs(30);

/// Tells until `stop`.
pub(crate) async fn tell_presence(moltchats: MoltChats, stop: CancellationToken) {
    let (chat, gateway) = (moltchats.chat(), moltchats.gateway());
    let (clock, audience) = (chat.clock(), &gateway.audience);
    let mut next_round = clock.elapsed() + EVERY;
    loop {
        let wake_at = audience.next_due().map_or(next_round, |due| due.min(next_round));
        tokio::select! {
            () = stop.cancelled() => return,
            () = audience.sooner.notified() => {}
            () = clock.sleep(wake_at.saturating_sub(clock.elapsed())) => {}
        }
        let now = clock.elapsed();
        let told = if now >= next_round {
            next_round = now + EVERY;
            audience.take_all()
        } else {
            audience.take_due()
        };
        for (conversation, frame) in told {
            chat.signal(&conversation, &gateway.messages, frame, None).await;
        }
    }
}
