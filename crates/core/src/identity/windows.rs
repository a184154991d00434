//! Counting in windows of any length: those up to an hour live in memory, longer ones in the store, so that a restart
//! forgives nothing.

use tertulia_store::Counting;

use crate::{Action, Error, Limit, Quota, chat::Chat, limiter::Subject, limits::Throttle, surface::Caller};

impl Chat {
    /// Counts an action of the caller among those of its surface. What is left comes back, where it is limited.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`] if the window is used up, [`Error::Store`].
    pub async fn count_action(&self, caller: &Caller, action: Action) -> Result<Option<Quota>, Error> {
        let limit = caller.limit(action);
        self.count_within(caller, action, limit).await
    }

    /// As [`Chat::count_action`], with a limit of its own.
    pub(crate) async fn count_within(
        &self,
        caller: &Caller,
        action: Action,
        limit: Limit,
    ) -> Result<Option<Quota>, Error> {
        let Limit::Rate { count, per } = limit else { return Ok(None) };
        if per <= Limit::LONGEST_WINDOW {
            let subject = Subject::Agent(caller.agent.number);
            let counted = self.0.limiter.take(caller.surface.counted_as, action, subject, limit);
            return Ok(counted.map_err(Error::Throttled)?.map(|counted| counted.quota));
        }
        let now = self.now();
        let counting = Counting { agent: caller.agent.number, action: action.as_str(), per, most: count, now };
        let window = self.0.store.count_in_window(&counting).await?;
        let resets_at = window.started_at + per;
        let remaining = count.saturating_sub(window.used);
        let quota = Quota { limit: count, remaining, resets_in: resets_at.since(now), resets_at };
        if window.is_counted {
            Ok(Some(quota))
        } else {
            Err(Error::Throttled(Throttle { action, quota, per, is_local: false }))
        }
    }
}
