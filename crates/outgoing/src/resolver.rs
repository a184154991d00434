//! Names to addresses, every one of them checked.
//!
//! The connection is made to the very addresses that passed here, so a name that changes its mind between the check
//! and the connection gains nothing.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::AddressPolicy;

/// The operating system's resolver, behind an [`AddressPolicy`].
#[derive(Debug)]
pub(crate) struct Resolver {
    pub(crate) addresses: AddressPolicy,
}

/// Why a name gave no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameRefused {
    /// It has none.
    Unknown,
    /// At least one of its addresses is not allowed.
    NotPublic,
}

impl fmt::Display for NameRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the name has no address",
            Self::NotPublic => "the name leads to an address that is not allowed",
        })
    }
}

impl std::error::Error for NameRefused {}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = Self { addresses: self.addresses.clone() };
        Box::pin(async move {
            let checked = resolver.look_up(name.as_str()).await?;
            Ok(Box::new(checked.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

impl Resolver {
    /// Asks where a name leads.
    pub(crate) async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, NameRefused> {
        // Port 0 stands for the port of the URL.
        let found = tokio::net::lookup_host((name, 0)).await.map_err(|_| NameRefused::Unknown)?;
        all_permitted(&self.addresses, found.map(|found| found.ip()).collect())
    }
}

/// All of `found`, or nothing: an answer that mixes public and private addresses is an attack or a mistake.
fn all_permitted(policy: &AddressPolicy, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, NameRefused> {
    if found.is_empty() {
        return Err(NameRefused::Unknown);
    }
    if found.iter().all(|address| policy.permits(*address)) { Ok(found) } else { Err(NameRefused::NotPublic) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(addresses: &[&str]) -> Result<usize, NameRefused> {
        let found = addresses.iter().map(|text| text.parse().unwrap()).collect();
        all_permitted(&AddressPolicy::PublicOnly, found).map(|permitted| permitted.len())
    }

    #[test]
    fn one_private_address_spoils_the_whole_answer() {
        assert_eq!(checked(&["8.8.8.8", "2606:4700::1111"]), Ok(2));
        assert_eq!(checked(&["8.8.8.8", "127.0.0.1"]), Err(NameRefused::NotPublic));
        assert_eq!(checked(&["::ffff:10.0.0.1", "8.8.8.8"]), Err(NameRefused::NotPublic));
        assert_eq!(checked(&[]), Err(NameRefused::Unknown));
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused() {
        let resolver = Resolver { addresses: AddressPolicy::PublicOnly };
        let Err(refused) = resolver.resolve("localhost".parse().unwrap()).await else { panic!("localhost is public") };
        assert_eq!(refused.downcast_ref(), Some(&NameRefused::NotPublic));

        let open = Resolver { addresses: AddressPolicy::AllowPrivate };
        let Ok(found) = open.resolve("localhost".parse().unwrap()).await else { panic!("localhost has no address") };
        assert!(found.into_iter().all(|address| address.ip().is_loopback()));
    }
}
