//! A bucket of a server that speaks S3: as much of it as putting, getting, listing and deleting objects needs.
//!
//! It believes every signature that is made with the right public key: what is signed is the client library's affair.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use crate::server::Server;

/// Smallest part of an upload but the last, as the real ones have it.
const LEAST_PART: usize = 5 << 20;

/// A running double.
#[derive(Debug)]
pub struct Bucket {
    shared: Arc<Shared>,
    server: Server,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    objects: BTreeMap<String, Bytes>,
    uploads: BTreeMap<String, BTreeMap<u32, Bytes>>,
    begun: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().expect("no test panics while it holds the double's state")
    }
}

impl Bucket {
    /// Its name.
    pub const NAME: &str = "tertulia-files";
    /// The public part of the only key that opens it.
    pub const ACCESS_KEY: &str = "the-double";

    /// Starts listening.
    ///
    /// # Panics
    ///
    /// When 127.0.0.1 has no free port.
    pub async fn start() -> Self {
        let shared = Arc::<Shared>::default();
        let router = Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&shared));
        let server = Server::start(router).await.expect("127.0.0.1 has a free port");
        Self { shared, server }
    }

    /// Where the server is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Keys of the objects that are there, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.shared.state().objects.keys().cloned().collect()
    }

    /// How many uploads in parts have begun, and how many of them have not ended.
    #[must_use]
    pub fn uploads(&self) -> (usize, usize) {
        let state = self.shared.state();
        (state.begun, state.uploads.len())
    }

    /// Whether connections are dropped as soon as they are made.
    pub fn set_down(&self, down: bool) {
        self.server.set_down(down);
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_signed(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if bucket != Bucket::NAME {
        return StatusCode::NOT_FOUND.into_response();
    }
    let query = query(&uri);
    let mut kept = shared.state();
    match (&method, query.get("uploadId")) {
        (&Method::GET, None) if key.is_empty() => kept.list(query.get("prefix").map_or("", String::as_str)),
        (&Method::GET | &Method::HEAD, None) => kept.get(key, &headers),
        (&Method::POST, None) if query.contains_key("uploads") => kept.begin(),
        (&Method::PUT, Some(upload)) => kept.put_part(upload, &query["partNumber"], body),
        (&Method::POST, Some(upload)) => kept.complete(upload, key),
        (&Method::DELETE, Some(upload)) => {
            kept.uploads.remove(upload);
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::PUT, None) => {
            kept.objects.insert(key.to_owned(), body);
            [(header::ETAG, "\"put\"")].into_response()
        }
        (&Method::DELETE, None) => {
            kept.objects.remove(key);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

fn is_signed(headers: &HeaderMap) -> bool {
    let beginning = format!("AWS4-HMAC-SHA256 Credential={}/", Bucket::ACCESS_KEY);
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    authorization.is_some_and(|value| value.starts_with(&beginning))
}

/// The query's parameters. The only escape that our keys need is that of the slash.
fn query(uri: &Uri) -> BTreeMap<String, String> {
    let parameters = uri.query().unwrap_or_default().split('&');
    parameters
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| (name.to_owned(), value.replace("%2F", "/")))
        .collect()
}

fn xml(content: impl AsRef<str>) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], content.as_ref().to_owned()).into_response()
}

const MODIFIED: &str = "Mon, 02 Feb 2026 02:40:00 GMT";

impl Kept {
    fn get(&self, key: &str, headers: &HeaderMap) -> Response {
        let Some(object) = self.objects.get(key) else { return StatusCode::NOT_FOUND.into_response() };
        let always = [(header::ETAG, "\"put\""), (header::LAST_MODIFIED, MODIFIED)];
        let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
        let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
            return (always, object.clone()).into_response();
        };
        let number = |text: &str| text.parse::<usize>().expect("the client asks for both ends");
        let (first, end) = (number(first), number(last).saturating_add(1).min(object.len()));
        let said = format!("bytes {first}-{}/{}", end - 1, object.len());
        let part = object.slice(first..end);
        (StatusCode::PARTIAL_CONTENT, always, [(header::CONTENT_RANGE, said)], part).into_response()
    }

    fn list(&self, prefix: &str) -> Response {
        let listed = self.objects.iter().filter(|(key, _)| key.starts_with(prefix));
        let contents = listed.map(|(key, object)| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-02-02T02:40:00.000Z</LastModified>\
                 <ETag>put</ETag><Size>{}</Size></Contents>",
                object.len()
            )
        });
        let contents: String = contents.collect();
        xml(format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"))
    }

    fn begin(&mut self) -> Response {
        self.begun += 1;
        let upload = format!("upload-{}", self.begun);
        self.uploads.insert(upload.clone(), BTreeMap::new());
        let name = Bucket::NAME;
        xml(format!(
            "<InitiateMultipartUploadResult><Bucket>{name}</Bucket><UploadId>{upload}</UploadId>\
             </InitiateMultipartUploadResult>"
        ))
    }

    fn put_part(&mut self, upload: &str, number: &str, body: Bytes) -> Response {
        let Some(parts) = self.uploads.get_mut(upload) else { return StatusCode::NOT_FOUND.into_response() };
        parts.insert(number.parse().expect("parts have numbers"), body);
        [(header::ETAG, format!("\"{number}\""))].into_response()
    }

    fn complete(&mut self, upload: &str, key: &str) -> Response {
        let Some(parts) = self.uploads.remove(upload) else { return StatusCode::NOT_FOUND.into_response() };
        let mut parts: Vec<_> = parts.into_values().collect();
        let last = parts.pop().unwrap_or_default();
        if parts.iter().any(|part| part.len() < LEAST_PART) {
            return (StatusCode::BAD_REQUEST, "<Error><Code>EntityTooSmall</Code></Error>").into_response();
        }
        let whole = [parts.concat(), last.into()].concat();
        self.objects.insert(key.to_owned(), whole.into());
        xml("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>")
    }
}
