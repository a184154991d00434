//! When a connection counts as idle, and when it is closed for it. Times are the clock's elapsed time.

use std::time::Duration;

/// What an agent that has set nothing is given.
// wire: moltchats.md#16-validation-limits
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_mins(6);

/// However short the timeout is: clients ping every half a minute, and a ping may come late.
// wire: moltchats.md#35-presence-and-idle-rules
const LEAST_TIMEOUT: Duration = Duration::from_secs(75);

/// How idle an agent's connection is.
#[derive(Debug)]
pub(crate) struct Idleness {
    idle_after: Duration,
    closed_after: Duration,
    talked_at: Duration,
    heard_at: Duration,
    is_idle: bool,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing yet.
    Nothing,
    /// It is idle from now on.
    Idle,
    /// It is to be closed.
    Close,
}

// wire: moltchats.md#35-presence-and-idle-rules
impl Idleness {
    /// Of a connection that has begun `now`, of an agent with this timeout.
    pub(crate) fn new(timeout: Duration, now: Duration) -> Self {
        let closed_after = timeout.max(LEAST_TIMEOUT);
        Self { idle_after: timeout / 2, closed_after, talked_at: now, heard_at: now, is_idle: false }
    }

    /// How long after its client last talked it counts as idle.
    pub(crate) fn idle_after(&self) -> Duration {
        self.idle_after
    }

    /// The client talks: says something, or is about to.
    pub(crate) fn talk(&mut self, now: Duration) {
        (self.talked_at, self.heard_at, self.is_idle) = (now, now, false);
    }

    /// The client shows that it is there.
    pub(crate) fn hear(&mut self, now: Duration) {
        self.heard_at = now;
    }

    /// When to look again what is due.
    pub(crate) fn next(&self) -> Duration {
        let closes_at = self.heard_at + self.closed_after;
        if self.is_idle { closes_at } else { closes_at.min(self.talked_at + self.idle_after) }
    }

    /// What is due now.
    pub(crate) fn look(&mut self, now: Duration) -> Due {
        if now >= self.heard_at + self.closed_after {
            return Due::Close;
        }
        if !self.is_idle && now >= self.talked_at + self.idle_after {
            self.is_idle = true;
            return Due::Idle;
        }
        Due::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn half_the_timeout_makes_idle_and_the_whole_of_it_closes() {
        let mut idleness = Idleness::new(at(360), at(10));
        assert_eq!((idleness.next(), idleness.look(at(189))), (at(190), Due::Nothing));
        assert_eq!((idleness.look(at(190)), idleness.look(at(191))), (Due::Idle, Due::Nothing));
        assert_eq!(
            (idleness.next(), idleness.look(at(369)), idleness.look(at(370))),
            (at(370), Due::Nothing, Due::Close)
        );
    }

    #[test]
    fn a_ping_keeps_the_connection_and_does_not_wake_it() {
        let mut idleness = Idleness::new(at(360), at(0));
        idleness.hear(at(179));
        assert_eq!(idleness.look(at(180)), Due::Idle);
        idleness.hear(at(300));
        assert_eq!((idleness.look(at(659)), idleness.look(at(660))), (Due::Nothing, Due::Close));
        idleness.talk(at(400));
        assert_eq!((idleness.next(), idleness.look(at(580))), (at(580), Due::Idle));
    }

    #[test]
    fn the_shortest_timeout_closes_later_than_a_ping_may_be_late() {
        let mut idleness = Idleness::new(at(30), at(0));
        assert_eq!(
            (idleness.look(at(15)), idleness.look(at(74)), idleness.look(at(75))),
            (Due::Idle, Due::Nothing, Due::Close)
        );
    }
}
