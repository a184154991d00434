//! Taking the port.

use std::{io, net::SocketAddr};

use tertulia_edge::listen;
use tokio::net::TcpListener;

use crate::config::Listen;

/// The last port that is tried when the first one is another program's.
const LAST_PORT: u16 = 7699;

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct ListenError {
    /// The address that was tried first.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Listens where the configuration says; when it says nothing, on the first free port.
pub(crate) fn open(configured: Listen) -> Result<TcpListener, ListenError> {
    let address = configured.address();
    let last = match configured {
        Listen::FirstFree => LAST_PORT,
        Listen::At(_) => address.port(),
    };
    first_free(address, last).map_err(|source| ListenError { address, source })
}

/// Listens a second time, if the configuration says so.
pub(crate) fn open_second(configured: Option<SocketAddr>) -> Result<Option<TcpListener>, ListenError> {
    configured.map(|address| listen(address).map_err(|source| ListenError { address, source })).transpose()
}

fn first_free(first: SocketAddr, last_port: u16) -> io::Result<TcpListener> {
    let mut address = first;
    loop {
        match listen(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && address.port() < last_port => {
                address.set_port(address.port() + 1);
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_is_passed_over_only_within_the_range() {
        let taken = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = taken.local_addr().unwrap();

        let refused = open(Listen::At(address)).unwrap_err();
        assert_eq!((refused.address, refused.source.kind()), (address, io::ErrorKind::AddrInUse));

        let last = address.port().saturating_add(50);
        let next = first_free(address, last).unwrap().local_addr().unwrap().port();
        assert!(next > address.port() && next <= last, "{next}");
    }
}
