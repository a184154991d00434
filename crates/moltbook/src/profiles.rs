//! Accounts that were seen to be claimed a moment ago.
//!
//! Only good news is kept. An unknown or unclaimed account is asked for again at once, so that an agent whose human
//! has just claimed it does not wait; and lists of posts are never kept, so that a new post is seen at once.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tertulia_core::VouchedAccount;

/// How long an account is believed.
// wire: moltbook.md#a-did-this-verified-account-post-my-code
const FRESH: Duration = Duration::from_mins(1);

/// How many accounts are kept; the one seen first makes room.
const CAPACITY: usize = 1_024;

/// Claimed accounts, by name in lower case.
#[derive(Debug, Default)]
pub(crate) struct Profiles(Mutex<HashMap<String, Seen>>);

#[derive(Debug)]
struct Seen {
    account: VouchedAccount,
    at: Duration,
}

impl Profiles {
    /// The account, if it was seen to be claimed less than a minute ago.
    pub(crate) fn lookup(&self, name: &str, now: Duration) -> Option<VouchedAccount> {
        let seen = self.seen();
        let seen = seen.get(&name.to_ascii_lowercase())?;
        (now < seen.at + FRESH).then(|| seen.account.clone())
    }

    /// Keeps the account if it is claimed, forgets it if it is not.
    pub(crate) fn note(&self, account: &VouchedAccount, now: Duration) {
        let mut seen = self.seen();
        let name = account.name.to_ascii_lowercase();
        if !account.claimed {
            seen.remove(&name);
            return;
        }
        if seen.len() >= CAPACITY && !seen.contains_key(&name) {
            make_room(&mut seen, now);
        }
        seen.insert(name, Seen { account: account.clone(), at: now });
    }

    /// Forgets an account that is no longer there.
    pub(crate) fn forget(&self, name: &str) {
        self.seen().remove(&name.to_ascii_lowercase());
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}

fn make_room(seen: &mut HashMap<String, Seen>, now: Duration) {
    seen.retain(|_, seen| now < seen.at + FRESH);
    if seen.len() < CAPACITY {
        return;
    }
    let oldest = seen.iter().min_by_key(|(_, seen)| seen.at).map(|(name, _)| name.clone());
    if let Some(oldest) = oldest {
        seen.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(name: &str) -> VouchedAccount {
        VouchedAccount { name: name.into(), claimed: true, owner: None }
    }

    #[test]
    fn an_account_is_believed_for_a_minute_whatever_the_case() {
        let profiles = Profiles::default();
        profiles.note(&claimed("Ada"), Duration::from_secs(10));
        assert_eq!(profiles.lookup("aDA", Duration::from_secs(69)), Some(claimed("Ada")));
        assert_eq!(profiles.lookup("ada", Duration::from_secs(70)), None);
    }

    #[test]
    fn bad_news_is_not_kept() {
        let profiles = Profiles::default();
        profiles.note(&claimed("ada"), Duration::ZERO);
        profiles.note(&VouchedAccount { claimed: false, ..claimed("ADA") }, Duration::ZERO);
        assert_eq!(profiles.lookup("ada", Duration::ZERO), None);
        profiles.note(&claimed("ada"), Duration::ZERO);
        profiles.forget("Ada");
        assert_eq!(profiles.lookup("ada", Duration::ZERO), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let profiles = Profiles::default();
        for number in 0..=CAPACITY {
            let now = Duration::from_millis(u64::try_from(number).unwrap());
            profiles.note(&claimed(&format!("a{number}")), now);
        }
        let now = Duration::from_secs(2);
        assert_eq!(profiles.seen().len(), CAPACITY);
        assert_eq!(profiles.lookup("a0", now), None);
        assert!(profiles.lookup("a1", now).is_some());
    }
}
