//! What the tiers open in the scheme itself.

use tertulia_model::Tier;

/// What a tier is asked for. A hub may be more generous than the scheme, and asks here only for what it is not.
// wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Creating a community.
    CreateCommunity,
    /// Joining one.
    JoinCommunity,
    /// Asking for a friendship.
    RequestFriendship,
    /// Saying something, and reacting to what others say.
    Speak,
    /// Vouching for somebody.
    Vouch,
    /// Asking for a trial of somebody.
    RequestTrial,
    /// Holding a connection open.
    Connect,
    /// Flagging and reporting somebody.
    Accuse,
}

impl Gate {
    /// The lowest tier that it opens to.
    #[must_use]
    pub const fn lowest(self) -> Tier {
        match self {
            Self::RequestTrial => Tier::Trusted,
            Self::CreateCommunity | Self::Vouch => Tier::Provisional,
            Self::JoinCommunity | Self::RequestFriendship | Self::Speak | Self::Connect | Self::Accuse => {
                Tier::Untrusted
            }
        }
    }

    /// Whether it opens to `tier`.
    #[must_use]
    pub fn opens_to(self, tier: Tier) -> bool {
        tier >= self.lowest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From seed down to quarantined.
    fn opens(gate: Gate) -> [bool; 5] {
        let mut tiers = Tier::ALL;
        tiers.reverse();
        tiers.map(|tier| gate.opens_to(tier))
    }

    #[test]
    fn gates_open_as_pinned() {
        assert_eq!(opens(Gate::CreateCommunity), [true, true, true, false, false]);
        assert_eq!(opens(Gate::JoinCommunity), [true, true, true, true, false]);
        assert_eq!(opens(Gate::RequestFriendship), [true, true, true, true, false]);
        assert_eq!(opens(Gate::Speak), [true, true, true, true, false]);
        assert_eq!(opens(Gate::Vouch), [true, true, true, false, false]);
        assert_eq!(opens(Gate::RequestTrial), [true, true, false, false, false]);
        assert_eq!(opens(Gate::Connect), [true, true, true, true, false]);
        assert_eq!(opens(Gate::Accuse), [true, true, true, true, false]);
    }
}
