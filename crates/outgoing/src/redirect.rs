//! Where a redirect leads, and what goes there.

use http::{
    HeaderMap, Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, PROXY_AUTHORIZATION},
};

use crate::{Error, Policy, Redirects, Request};

/// The request that follows from `request` when it was answered with `status` and `headers`, as its `hops`-th hop.
/// `None` when the answer is to be taken as it is.
pub(crate) fn next_hop(
    request: &Request,
    hops: u8,
    status: StatusCode,
    headers: &HeaderMap,
    policy: &Policy,
) -> Result<Option<Request>, Error> {
    let Redirects::Follow(limit) = request.redirects else { return Ok(None) };
    let Some(keeps_method) = keeps_method(status, &request.method) else { return Ok(None) };
    let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    if hops >= limit {
        return Err(Error::TooManyRedirects { limit });
    }
    let mut next = request.clone();
    next.target = request.target.join(location, policy).map_err(Error::RedirectRefused)?;
    if !keeps_method {
        next.method = Method::GET;
        next.body = None;
        next.headers.remove(CONTENT_TYPE);
    }
    if next.target.origin() != request.target.origin() {
        forget_credentials(&mut next.headers);
    }
    Ok(Some(next))
}

/// Whether a redirect of this status repeats the method and body; `None` when the status is no redirect.
fn keeps_method(status: StatusCode, method: &Method) -> Option<bool> {
    match status.as_u16() {
        301 | 302 => Some(method != Method::POST),
        303 => Some(method == Method::HEAD),
        307 | 308 => Some(true),
        _ => None,
    }
}

fn forget_credentials(headers: &mut HeaderMap) {
    let secret: Vec<_> =
        headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone()).collect();
    for name in secret.into_iter().chain([AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE]) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::{Target, TargetError};

    const KEY: HeaderName = HeaderName::from_static("x-key");
    const PLAIN: HeaderName = HeaderName::from_static("x-plain");

    fn request() -> Request {
        let target = Target::parse("https://a.example/start", &Policy::default()).unwrap();
        let mut key = HeaderValue::from_static("secret");
        key.set_sensitive(true);
        Request::post(target)
            .header(AUTHORIZATION, HeaderValue::from_static("Bearer secret"))
            .header(KEY, key)
            .header(PLAIN, HeaderValue::from_static("plain"))
            .body(HeaderValue::from_static("text/plain"), "said")
            .redirects(Redirects::Follow(2))
    }

    fn follow(status: u16, location: &str) -> Result<Option<Request>, Error> {
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_str(location).unwrap())]);
        next_hop(&request(), 0, StatusCode::from_u16(status).unwrap(), &headers, &Policy::default())
    }

    #[test]
    fn credentials_stay_behind_when_the_origin_changes() {
        for elsewhere in ["https://b.example/", "//www.a.example/", "https://a.example:8443/"] {
            let next = follow(307, elsewhere).unwrap().unwrap();
            assert_eq!(next.headers.get(AUTHORIZATION), None, "{elsewhere}");
            assert_eq!(next.headers.get(KEY), None, "{elsewhere}");
            assert!(next.headers.contains_key(PLAIN), "{elsewhere}");
        }
        let same = follow(307, "/next").unwrap().unwrap();
        assert!(same.headers.contains_key(AUTHORIZATION) && same.headers.contains_key(KEY));
        assert_eq!(same.body.unwrap(), "said");
    }

    #[test]
    fn a_hop_is_checked_as_the_first_target_is() {
        for (location, expected) in [
            ("http://a.example/", TargetError::Scheme),
            ("file:///etc/passwd", TargetError::Scheme),
            ("https://127.0.0.1/", TargetError::Address),
            ("https://[::ffff:10.0.0.1]/", TargetError::Address),
            ("https://user@b.example/", TargetError::Credentials),
        ] {
            let refused = follow(302, location).map(drop).unwrap_err();
            assert!(matches!(refused, Error::RedirectRefused(why) if why == expected), "{location}: {refused:?}");
        }
    }

    #[test]
    fn a_post_becomes_a_get_where_the_standard_says_so() {
        for (status, method) in [(301, Method::GET), (302, Method::GET), (303, Method::GET), (308, Method::POST)] {
            let next = follow(status, "/next").unwrap().unwrap();
            assert_eq!(next.method, method, "{status}");
            assert_eq!(next.body.is_some(), method == Method::POST, "{status}");
        }
    }

    #[test]
    fn what_is_no_redirect_is_an_answer() {
        assert!(follow(200, "/next").unwrap().is_none());
        assert!(follow(304, "/next").unwrap().is_none());
        let no_location = next_hop(&request(), 0, StatusCode::FOUND, &HeaderMap::new(), &Policy::default());
        assert!(no_location.unwrap().is_none());
    }
}
