//! Trials: a few trusted agents talk to another and say what they take it for.

/// What an agent is in a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrialRole {
    /// The one that is tried.
    Suspect,
    /// One of those who judge.
    Challenger,
}

impl TrialRole {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Challenger => "challenger",
        }
    }
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrialOutcome {
    /// The suspect was taken for what it says it is.
    Pass,
    /// It was not.
    Fail,
    /// Nobody can say.
    Inconclusive,
}

impl TrialOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Pass, Self::Fail, Self::Inconclusive];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The outcome that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}
