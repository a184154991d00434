//! Values that a configuration spells with a unit: `15s`, `512 MiB`. And the bridge by which whatever parses from and
//! prints as text is read and written by serde.

use std::{fmt, num::NonZeroU64, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// A length of time: a whole number and `ms`, `s`, `m`, `h` or `d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(pub Duration);

/// Units of a [`Period`], largest first, in milliseconds.
const PERIOD_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Period {
    /// So many seconds.
    #[must_use]
    pub const fn secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }
}

/// The text is not a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a length of time is a whole number above 0 with a unit: 250ms, 15s, 5m, 1h, 2d")]
pub struct BadPeriod;

impl FromStr for Period {
    type Err = BadPeriod;

    fn from_str(text: &str) -> Result<Self, BadPeriod> {
        let (number, unit) = number_and_unit(text).ok_or(BadPeriod)?;
        let (_, millis) = PERIOD_UNITS.into_iter().find(|(known, _)| *known == unit).ok_or(BadPeriod)?;
        let millis = number.checked_mul(millis).filter(|millis| *millis > 0).ok_or(BadPeriod)?;
        Ok(Self(Duration::from_millis(millis)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let largest = PERIOD_UNITS.into_iter().find(|(_, size)| millis.is_multiple_of(*size));
        let (unit, size) = largest.unwrap_or(("ms", 1));
        write!(f, "{}{unit}", millis / size)
    }
}

/// A number of bytes: a whole number and `B`, `KiB`, `MiB` or `GiB` (or without a unit: bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(pub NonZeroU64);

const SIZE_UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Size {
    /// In bytes, as far as this machine can address them.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0.get()).unwrap_or(usize::MAX)
    }
}

/// How large the database may become: a [`Size`] in which an empty one and a little more finds room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DatabaseSize(Size);

impl DatabaseSize {
    /// The least: about twice what an empty one takes.
    pub const LEAST: Size = Size(NonZeroU64::new(1 << 20).expect("a mebibyte is not zero"));

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> NonZeroU64 {
        self.0.0
    }
}

/// The text is not a size that a database can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDatabaseSize {
    /// It is not a size.
    #[error(transparent)]
    Unreadable(#[from] BadSize),
    /// Not even an empty database finds room.
    #[error("the hub does not fit into {0}: it needs at least {least}", least = DatabaseSize::LEAST)]
    TooSmall(Size),
}

impl FromStr for DatabaseSize {
    type Err = BadDatabaseSize;

    fn from_str(text: &str) -> Result<Self, BadDatabaseSize> {
        let size: Size = text.parse()?;
        if size < Self::LEAST { Err(BadDatabaseSize::TooSmall(size)) } else { Ok(Self(size)) }
    }
}

impl fmt::Display for DatabaseSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a size is a whole number above 0 with a unit: 4096 B, 64 KiB, 512 MiB, 2 GiB")]
pub struct BadSize;

impl FromStr for Size {
    type Err = BadSize;

    fn from_str(text: &str) -> Result<Self, BadSize> {
        let (number, unit) = number_and_unit(text).ok_or(BadSize)?;
        let unit = if unit.is_empty() { "B" } else { unit };
        let (_, bytes) = SIZE_UNITS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(unit)).ok_or(BadSize)?;
        number.checked_mul(bytes).and_then(NonZeroU64::new).map(Self).ok_or(BadSize)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.get();
        let largest = SIZE_UNITS.into_iter().find(|(_, size)| bytes.is_multiple_of(*size));
        let (unit, size) = largest.unwrap_or(("B", 1));
        write!(f, "{} {unit}", bytes / size)
    }
}

/// `15s` and `15 s` alike, as 15 and `s`.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim()))
}

macro_rules! spelled {
    ($($unit:ty: $bad:ty),+) => {$(
        impl TryFrom<String> for $unit {
            type Error = $bad;

            fn try_from(text: String) -> Result<Self, $bad> {
                text.parse()
            }
        }

        impl From<$unit> for String {
            fn from(value: $unit) -> Self {
                value.to_string()
            }
        }
    )+};
}

spelled!(Period: BadPeriod, Size: BadSize, DatabaseSize: BadDatabaseSize);

/// Reads and writes a value by its `FromStr` and `Display`.
pub(crate) mod spelling {
    use std::{fmt::Display, str::FromStr};

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_printed_in_their_largest_unit() {
        for (text, shown, millis) in
            [("15s", "15s", 15_000), ("250 ms", "250ms", 250), ("120s", "2m", 120_000), ("48h", "2d", 172_800_000)]
        {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.0, period.to_string()), (Duration::from_millis(millis), shown.to_owned()));
        }
        for bad in ["", "15", "s", "0s", "1.5s", "-1s", "15 fortnights", "99999999999999999999s"] {
            assert_eq!(bad.parse::<Period>(), Err(BadPeriod), "{bad}");
        }
    }

    #[test]
    fn sizes_are_read_and_printed_in_their_largest_unit() {
        for (text, shown, bytes) in
            [("512 MiB", "512 MiB", 512 << 20), ("64kib", "64 KiB", 65_536), ("1024", "1 KiB", 1024), ("7", "7 B", 7)]
        {
            let size: Size = text.parse().unwrap();
            assert_eq!((size.0.get(), size.to_string()), (bytes, shown.to_owned()));
        }
        for bad in ["", "0", "MiB", "1 MB", "1.5 GiB", "99999999999 GiB"] {
            assert_eq!(bad.parse::<Size>(), Err(BadSize), "{bad}");
        }
    }
}
