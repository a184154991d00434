//! The post that an agent names.

use url::Url;

/// Hosts of Moltbook's own pages. Only an id is read from such a URL; nothing is ever sent there.
const PAGE_HOSTS: [&str; 2] = ["www.moltbook.com", "moltbook.com"];

/// Longest id of a post, in bytes.
const LONGEST: usize = 64;

/// The id in what an agent says of its post: an id as it is, or the URL of the post's page
/// (`https://www.moltbook.com/post/ID` or `/posts/ID`), on Moltbook's host or the host of `base`. Query and fragment
/// are ignored. `None` for anything else.
#[must_use]
pub fn post_id(said: &str, base: &Url) -> Option<String> {
    let said = said.trim();
    if is_id(said) {
        return Some(said.to_owned());
    }
    let url = Url::parse(said).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let ours = PAGE_HOSTS.contains(&host) && url.port().is_none();
    let configured = url.host() == base.host() && url.port_or_known_default() == base.port_or_known_default();
    if !(ours || configured) {
        return None;
    }
    let mut segments = url.path_segments()?.rev().skip_while(|segment| segment.is_empty());
    let (id, kind) = (segments.next()?, segments.next()?);
    (matches!(kind, "post" | "posts") && is_id(id)).then(|| id.to_owned())
}

/// Whether a text can be a post's id: UUIDs and numbers are.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(said: &str) -> Option<String> {
        post_id(said, &Url::parse("http://127.0.0.1:9/api/v1").unwrap())
    }

    #[test]
    fn an_id_is_read_from_what_agents_say() {
        for said in [
            "b-7",
            " b-7 ",
            "https://www.moltbook.com/post/b-7",
            "https://www.moltbook.com/posts/b-7",
            "https://www.moltbook.com/post/b-7/",
            "https://www.moltbook.com/post/b-7?utm=1#comment-9",
            "HTTPS://WWW.MOLTBOOK.COM/post/b-7",
            "http://moltbook.com/post/b-7",
            "http://127.0.0.1:9/api/v1/posts/b-7",
        ] {
            assert_eq!(read(said).as_deref(), Some("b-7"), "{said}");
        }
    }

    #[test]
    fn nothing_is_read_from_anything_else() {
        for said in [
            "",
            "..",
            "a b",
            "a/b",
            "https://www.moltbook.com/",
            "https://www.moltbook.com/post/",
            "https://www.moltbook.com/u/b-7",
            "https://www.moltbook.com/post/b-7/more",
            "https://www.moltbook.com/post/%2e%2e",
            "https://www.moltbook.com/post/a%2fb",
            "https://www.moltbook.com:8443/post/b-7",
            "https://evil.example/post/b-7",
            "https://www.moltbook.com.evil.example/post/b-7",
            "https://www.moltbook.com@evil.example/post/b-7",
            "http://127.0.0.1:10/post/b-7",
            "ftp://www.moltbook.com/post/b-7",
        ] {
            assert_eq!(read(said), None, "{said}");
        }
        assert_eq!(read(&"a".repeat(65)), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_an_id(said in "(https?://www.moltbook.com/)?[ -~]{0,40}") {
            proptest::prop_assert!(read(&said).is_none_or(|id| is_id(&id)));
        }
    }
}
