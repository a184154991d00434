//! A hub as its clients see it: over HTTP, in chatr's words.

use anyhow::{Context, anyhow};
use reqwest::{Client, RequestBuilder, Response};
use serde::{Deserialize, de::DeserializeOwned};
use tertulia_host::DataDir;
use tertulia_model::ShownText;

use crate::{
    args::HubArgs,
    exit::{Exit, Failure},
    sources::{ConfigArgs, ServeArgs},
};

/// Where a hub is when nobody says anything.
const DEFAULT_URL: &str = "http://127.0.0.1:7600";

/// A hub at a URL.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    url: String,
    client: Client,
}

/// How every refusal looks.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    code: String,
}

/// The URL of a hub as it was given, without a slash at the end.
fn parse_url(text: &str) -> Result<String, Failure> {
    let is_web = reqwest::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !is_web {
        let said = anyhow!("--url takes the address of a hub such as http://127.0.0.1:7600, not {text:?}");
        return Err(Failure::new(Exit::Usage, said));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

impl Hub {
    /// The hub that is named, else the one that runs in the data directory, else the one at the default URL.
    pub(crate) fn find(args: &HubArgs, config: &ConfigArgs) -> Result<Self, Failure> {
        let url = if let Some(url) = &args.url {
            parse_url(url)?
        } else {
            let data_dir = config.load(&ServeArgs::default())?.config.data_dir;
            DataDir::holder(&data_dir).map_or_else(|| DEFAULT_URL.to_owned(), |holder| holder.url)
        };
        // Fails if there is a provider already, which does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("tertulia/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(std::time::Duration::from_secs(10))
            .no_proxy()
            .build()
            .context("cannot speak HTTP")?;
        Ok(Self { url, client })
    }

    /// The hub's URL, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A `GET` of `path`.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A `POST` of `path`.
    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// Sends a request; an answer that is no success becomes the failure that it says.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let answer = request.send().await.map_err(|error| self.unreachable(error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let body = answer.bytes().await.unwrap_or_default();
        let said = match serde_json::from_slice::<Refusal>(&body) {
            Ok(Refusal { error, code }) => format!("{} ({code})", ShownText::on_one_line(&error)),
            Err(_) => format!("{status} from {}", self.url),
        };
        Err(Failure::new(Exit::Refused, anyhow!(said)))
    }

    /// Sends a request and reads its JSON.
    pub(crate) async fn send_for<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let answer = self.send(request).await?;
        answer.json().await.map_err(|error| self.unreachable(error))
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let why = format!("no hub answers at {}; is it running? (tertulia serve, or --url)", self.url);
        Failure::new(Exit::Unreachable, anyhow::Error::from(error.without_url()).context(why))
    }
}
