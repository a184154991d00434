//! Objects in a bucket of a server that speaks S3.

use std::{fmt, sync::Arc, time::Duration};

use object_store::{
    ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    client::{HttpClient, HttpConnector},
};
use rustls::{ClientConfig, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;
use url::{Host, Url};

/// Which bucket, and how it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Where the server is: `https`, or `http` on this machine.
    pub endpoint: Url,
    /// Its region, as the server calls it; `us-east-1` where there are none.
    pub region: String,
    /// Name of the bucket.
    pub name: String,
    /// Public part of the key.
    pub access_key: String,
    /// Secret part of the key.
    pub secret_key: SecretKey,
    /// Whether the bucket's name is part of the host's name, instead of the path's beginning.
    pub virtual_hosted: bool,
    /// Whether `http` is spoken with other machines too.
    pub insecure_http: bool,
}

/// A key that shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

/// Why a bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// Neither `https` nor an allowed `http`.
    #[error("the endpoint of the bucket is not https")]
    Insecure,
    /// The trusted roots of the system cannot be read.
    #[error("TLS could not be set up")]
    Tls(#[source] rustls::Error),
    /// The settings do not make a client.
    #[error("the bucket's settings do not fit together")]
    Settings(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How long a connection may take, and a silence in an answer.
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(15);

/// How often, and how long, what failed is tried again.
const RETRIES: usize = 2;
const RETRY_FOR: Duration = Duration::from_secs(10);

impl Bucket {
    pub(crate) fn open(&self) -> Result<AmazonS3, BucketError> {
        if self.endpoint.scheme() != "https" && !self.may_be_insecure() {
            return Err(BucketError::Insecure);
        }
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_FOR, ..RetryConfig::default() };
        AmazonS3Builder::new()
            .with_endpoint(self.endpoint.as_str().trim_end_matches('/'))
            .with_region(&self.region)
            .with_bucket_name(&self.name)
            .with_access_key_id(&self.access_key)
            .with_secret_access_key(&self.secret_key.0)
            .with_virtual_hosted_style_request(self.virtual_hosted)
            .with_allow_http(true) // decided above
            .with_disable_bulk_delete(true) // not every server has it
            .with_retry(retry)
            .with_http_connector(Connector(client()?))
            .build()
            .map_err(|error| BucketError::Settings(error.into()))
    }

    fn may_be_insecure(&self) -> bool {
        let here = match self.endpoint.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        self.endpoint.scheme() == "http" && (here || self.insecure_http)
    }
}

impl SecretKey {
    /// Hides `key`.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// One client with our TLS, whatever the library would make of its options.
#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

fn client() -> Result<reqwest::Client, BucketError> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(BucketError::Tls)?
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .build()
        .map_err(|error| BucketError::Settings(error.into()))
}
