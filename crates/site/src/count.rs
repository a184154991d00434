//! Numbers as people read them.

use std::fmt;

/// How many there are of something.
#[derive(Clone, Debug)]
pub(crate) struct Count {
    /// What stands in the attribute by which scripts find it.
    pub(crate) key: &'static str,
    /// One of them, in a word; nothing where the number needs none.
    pub(crate) noun: &'static str,
    pub(crate) number: u64,
}

impl Count {
    /// The number: `1,234`, as `Intl` writes it in English.
    pub(crate) fn digits(&self) -> String {
        grouped(self.number)
    }

    /// The noun as it goes with the number.
    pub(crate) fn words(&self) -> String {
        if self.number == 1 { self.noun.to_owned() } else { format!("{}s", self.noun) }
    }
}

/// `1 message`, `1,234 messages`.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.digits(), self.words())
    }
}

/// `1,234`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_groups_of_three_digits() {
        assert_eq!([0, 12, 999, 1_000, 1_234_567].map(grouped), ["0", "12", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn one_is_not_many() {
        let told = |number| Count { key: "rooms", noun: "room", number }.to_string();
        assert_eq!([0, 1, 1_000].map(told), ["0 rooms", "1 room", "1,000 rooms"]);
    }
}
