//! Values out of rows.

use sqlx::{ColumnIndex, Decode, Row, Sqlite, Type, sqlite::SqliteRow};
use tertulia_model::{Openness, Timestamp};
use tertulia_store::StoreError;
use uuid::Uuid;

use crate::failure::refused;

/// A value.
pub(crate) fn get<'r, T, I>(row: &'r SqliteRow, column: I) -> Result<T, StoreError>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
    I: ColumnIndex<SqliteRow>,
{
    row.try_get(column).map_err(refused)
}

/// A public id.
pub(crate) fn get_uuid(row: &SqliteRow, column: &str) -> Result<Uuid, StoreError> {
    Uuid::from_slice(get::<&[u8], _>(row, column)?).map_err(|_| StoreError::Unreadable("id"))
}

/// A moment.
pub(crate) fn get_time(row: &SqliteRow, column: &str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_micros(get(row, column)?))
}

/// A moment, if there is one.
pub(crate) fn get_optional_time(row: &SqliteRow, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(get::<Option<i64>, _>(row, column)?.map(Timestamp::from_micros))
}

/// A count, a place or a revision: never negative.
pub(crate) fn get_count<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> Result<T, StoreError> {
    T::try_from(get::<i64, _>(row, column)?).map_err(|_| StoreError::Unreadable("number"))
}

/// From whom something is taken, if that was said.
pub(crate) fn get_openness(row: &SqliteRow, column: &str) -> Result<Option<Openness>, StoreError> {
    let word: Option<&str> = get(row, column)?;
    word.map(|word| Openness::from_word(word).ok_or(StoreError::Unreadable("openness of an agent"))).transpose()
}

/// The numbers as a JSON array, for `json_each`.
pub(crate) fn number_list(numbers: impl Iterator<Item = i64>) -> String {
    let mut list = String::from("[");
    for (place, number) in numbers.enumerate() {
        if place > 0 {
            list.push(',');
        }
        list.push_str(&number.to_string());
    }
    list.push(']');
    list
}
