//! What the HTTP library's errors mean to us. Its own words are dropped: they name URLs and addresses.

use std::{error::Error as StdError, io};

use crate::{Error, resolver::NameRefused};

/// The innermost cause that we have a word for.
pub(crate) fn of(error: &reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::TimedOut;
    }
    let mut found = None;
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(known) = known(current) {
            found = Some(known);
        }
        cause = inside(current).or_else(|| current.source());
    }
    match found {
        Some(Error::Connect { .. }) | None if !error.is_connect() => Error::Interrupted,
        Some(known) => known,
        None => Error::Connect { kind: io::ErrorKind::Other },
    }
}

fn known(cause: &(dyn StdError + 'static)) -> Option<Error> {
    if let Some(refused) = cause.downcast_ref::<NameRefused>() {
        return Some(match refused {
            NameRefused::Unknown => Error::NameUnknown,
            NameRefused::NotPublic => Error::AddressRefused,
        });
    }
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(Error::Tls(tls.clone()));
    }
    cause.downcast_ref::<io::Error>().map(|error| Error::Connect { kind: error.kind() })
}

/// An I/O error hides what it was made from: its `source` is already one step further.
fn inside<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let hidden = cause.downcast_ref::<io::Error>()?.get_ref()?;
    Some(hidden)
}
