//! The client itself.

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::{OnceCell, Semaphore};

use crate::{
    AddressPolicy, Error, Policy, Request, Response, Target, TargetError, failure, redirect,
    resolver::{NameRefused, Resolver},
    tls,
};

/// What we call ourselves.
const OUR_NAME: &str = concat!("tertulia/", env!("CARGO_PKG_VERSION"));

/// Hard end of a single hop, whatever the caller's deadline says: no request holds its place for ever.
const LONGEST_HOP: Duration = Duration::from_mins(1);

/// How long a connection is kept for the next request to the same server.
const KEEP_IDLE: Duration = Duration::from_secs(30);

/// Sends requests under one [`Policy`]. Cheap to clone; clones share the policy's places and the connections.
#[derive(Clone)]
pub struct Outgoing(Arc<Shared>);

struct Shared {
    policy: Policy,
    /// Built at the first request: reading the trusted roots takes longer than the hub's start may.
    client: OnceCell<reqwest::Client>,
    /// A place for each request that runs or waits.
    admitted: Semaphore,
    /// A place for each request that runs.
    running: Semaphore,
}

impl Outgoing {
    /// A client that does what `policy` allows.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let admitted = Semaphore::new(policy.running.saturating_add(policy.waiting).min(Semaphore::MAX_PERMITS));
        let running = Semaphore::new(policy.running.min(Semaphore::MAX_PERMITS));
        Self(Arc::new(Shared { policy, client: OnceCell::new(), admitted, running }))
    }

    /// What this client may do.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Parses a URL under this client's policy.
    ///
    /// # Errors
    ///
    /// A [`TargetError`] that says which rule it breaks.
    pub fn target(&self, url: &str) -> Result<Target, TargetError> {
        Target::parse(url, self.policy())
    }

    /// Asks where a target's name leads, if it is a name. One that leads nowhere now, or of which `deadline` completes first,
    /// may be taken: it is looked up again by every request.
    ///
    /// # Errors
    ///
    /// [`TargetError::Address`] if it leads to an address that this client may not call.
    pub async fn look_up(&self, target: &Target, deadline: impl Future<Output = ()> + Send) -> Result<(), TargetError> {
        let addresses = &self.policy().addresses;
        let Some(name) = target.url().domain().filter(|_| *addresses != AddressPolicy::AllowPrivate) else {
            return Ok(());
        };
        let resolver = Resolver { addresses: addresses.clone() };
        let found = tokio::select! {
            found = resolver.look_up(name) => found,
            () = deadline => return Ok(()),
        };
        match found {
            Ok(_) | Err(NameRefused::Unknown) => Ok(()),
            Err(NameRefused::NotPublic) => Err(TargetError::Address),
        }
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// Once `deadline` completes everything is dropped: waiting for a place, name, connection, hops, body. It is
    /// usually `clock.sleep(…)`; passed by `&mut` it bounds several requests together. Cancel safe: a dropped call
    /// gives its place back and closes its connection.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn send(&self, request: Request, deadline: impl Future<Output = ()> + Send) -> Result<Response, Error> {
        request.target.check(self.policy())?;
        let _place = self.0.admitted.try_acquire().map_err(|_| Error::Busy)?;
        tokio::select! {
            answer = self.exchange(request) => answer,
            () = deadline => Err(Error::TimedOut),
        }
    }

    async fn exchange(&self, mut request: Request) -> Result<Response, Error> {
        let _place = self.0.running.acquire().await.map_err(|_| Error::Busy)?;
        let client = self.0.client.get_or_try_init(|| build(&self.0.policy)).await?;
        let mut hops = 0;
        loop {
            let answer = hop(client, &request).await?;
            match redirect::next_hop(&request, hops, answer.status(), answer.headers(), self.policy())? {
                Some(next) => request = next,
                None => return Response::read(answer, request.limit).await,
            }
            hops += 1;
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("policy", &self.0.policy).finish_non_exhaustive()
    }
}

async fn hop(client: &reqwest::Client, request: &Request) -> Result<reqwest::Response, Error> {
    let mut hop = client.request(request.method.clone(), request.target.url().clone());
    if let Some(body) = &request.body {
        hop = hop.body(body.clone());
    }
    hop.headers(request.headers.clone()).send().await.map_err(|error| failure::of(&error))
}

async fn build(policy: &Policy) -> Result<reqwest::Client, Error> {
    let tls = tokio::task::spawn_blocking(tls::config).await.map_err(|_| Error::Setup)?.map_err(Error::Tls)?;
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Resolver { addresses: policy.addresses.clone() })
        .user_agent(OUR_NAME)
        .connect_timeout(policy.connect_timeout)
        .timeout(LONGEST_HOP)
        .pool_idle_timeout(KEEP_IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .build()
        .map_err(|_| Error::Setup)
}
