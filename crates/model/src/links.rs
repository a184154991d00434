//! What counts as a link in a text.
//!
//! Authors whom nobody vouches for may not post links in shared places, so this rule is read by two kinds of people:
//! those who try to slip a link past it, and those who speak of `main.py`. It is purely about spelling; nothing is
//! resolved. A link is one of four things:
//!
//! - a scheme with `://`, whatever follows;
//! - `www.` with a host after it;
//! - a host with a public suffix, followed by `/`, by `:` and a port, or by `?`;
//! - a host on its own whose last label is one of the configured top-level domains.
//!
//! A host is at least two labels with dots between them. Letter case, other ways to write a letter or a dot, and
//! characters without width make no difference; [`folding`] says which. Dots, hyphens and underscores around a host
//! are punctuation. Where the four lines leave doubt:
//!
//! - An address with a local part (`ada@example.com`) and a file name (two labels, the last one of [`FILE_ENDINGS`])
//!   are no hosts on their own, may end a question (`main.py?`) and may carry a line number (`lib.rs:10:5`). With a
//!   path or a query after them (`ada@example.com/x`, `main.py/x`) they are links.
//! - `@example.com` without a local part is a host.
//! - A numeric address has no public suffix: `10.0.0.0/8` is no link, `http://10.0.0.1` is one by its scheme.
//! - Spellings that no program follows (`hxxp`, `example[.]com`, `example dot com`) are no links.
//!
//! The time is linear in the length of the text.

mod folding;

use folding::{SOFT, fold, is_host_char, is_label_char};

/// Top-level domains that make a link of a host on its own, unless configured otherwise.
// rule: lobby
pub const DEFAULT_BARE_TLDS: &[&str] = &[
    "com", "net", "org", "edu", "gov", "io", "ai", "app", "dev", "me", "co", "xyz", "info", "biz", "gg", "link",
    "site", "online", "shop", "ru", "cn", "de", "uk", "fr",
];

/// Endings of files that are top-level domains too.
const FILE_ENDINGS: &[&str] = &["cc", "md", "mk", "ml", "pl", "pm", "ps", "py", "rs", "sh", "so", "tf", "zip"];

/// Longest label of a host, in bytes.
const MAX_LABEL_BYTES: usize = 63;

/// The rule, with its setting.
#[derive(Clone, Debug)]
pub struct Links {
    /// Folded and sorted.
    bare_tlds: Box<[Box<str>]>,
}

impl Default for Links {
    fn default() -> Self {
        Self::new(DEFAULT_BARE_TLDS).expect("the built-in list consists of labels")
    }
}

impl Links {
    /// Takes the top-level domains that make a link of a host on its own, in any case, without dots.
    ///
    /// # Errors
    ///
    /// [`BadTopLevelDomain`] names the first entry that is not a single label.
    pub fn new(bare_tlds: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, BadTopLevelDomain> {
        let mut folded = Vec::new();
        for entry in bare_tlds {
            let entry = entry.as_ref();
            let label = fold(entry);
            if label.is_empty() || label.len() > MAX_LABEL_BYTES || !label.chars().all(is_label_char) {
                return Err(BadTopLevelDomain(entry.into()));
            }
            folded.push(label.into_boxed_str());
        }
        folded.sort_unstable();
        Ok(Self { bare_tlds: folded.into() })
    }

    /// Whether `text` contains a link.
    // rule: lobby
    #[must_use]
    pub fn contains_link(&self, text: &str) -> bool {
        if text.is_ascii() && !could_hold_link(text.as_bytes()) {
            return false;
        }
        let text = fold(text);
        has_scheme(&text) || Runs { text: &text, at: 0 }.any(|run| run.inner.contains('.') && self.is_link(&run))
    }

    /// Whether one run of host characters holds a link. Two dots in a row end a host, an ellipsis is none.
    fn is_link(&self, run: &Run<'_>) -> bool {
        let address = run.is_address();
        let mut pieces = run.inner.split("..").peekable();
        while let Some(piece) = pieces.next() {
            let host = Host::read(piece);
            if !address && (host.has_www() || self.is_bare(&host)) {
                return true;
            }
            let is_last = pieces.peek().is_none();
            let standing = if address || host.is_file_name() { Standing::Doubtful } else { Standing::Host };
            if is_last && completes_link(run.after, standing) && host.has_public_suffix() {
                return true;
            }
        }
        false
    }

    fn is_bare(&self, host: &Host) -> bool {
        host.ends
            .iter()
            .filter_map(|end| host.last_label(*end))
            .any(|label| self.bare_tlds.binary_search_by(|tld| tld.as_bytes().cmp(label)).is_ok())
    }
}

/// A setting that is not a top-level domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a top-level domain is one label without dots, of at most {MAX_LABEL_BYTES} bytes; {0:?} is not")]
pub struct BadTopLevelDomain(Box<str>);

/// A quick look that most sentences fail: a dot with a letter or digit right after it, or `://`.
fn could_hold_link(ascii: &[u8]) -> bool {
    memchr::memchr_iter(b'.', ascii).any(|dot| ascii.get(dot + 1).is_some_and(u8::is_ascii_alphanumeric))
        || memchr::memmem::find(ascii, b"://").is_some()
}

/// Whether a `://` has a scheme before it: scheme characters, and a letter for the scheme to begin with.
fn has_scheme(folded: &str) -> bool {
    let bytes = folded.as_bytes();
    memchr::memmem::find_iter(bytes, b"://").any(|end| {
        bytes[..end]
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | 0))
            .any(u8::is_ascii_alphabetic)
    })
}

/// A longest stretch of characters that a host may have, and what stands around it.
struct Run<'a> {
    before: &'a str,
    inner: &'a str,
    after: &'a str,
}

impl Run<'_> {
    /// Whether this is the local part or the domain of an e-mail address. A character without width after the `@` is
    /// where a program may see the address end, so then it is none.
    fn is_address(&self) -> bool {
        let is_domain = !self.inner.starts_with(SOFT)
            && self.before.strip_suffix('@').is_some_and(|local| local.ends_with(is_local_char));
        let is_local = || self.after.strip_prefix('@').is_some_and(starts_with_host);
        is_domain || is_local()
    }
}

fn is_local_char(c: char) -> bool {
    is_host_char(c) || matches!(c, '+' | '%')
}

fn starts_with_host(text: &str) -> bool {
    let end = text.find(|c| !is_host_char(c)).unwrap_or(text.len());
    text[..end].trim_matches('.').contains('.') && text.starts_with(is_label_char)
}

struct Runs<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Runs<'a> {
    type Item = Run<'a>;

    fn next(&mut self) -> Option<Run<'a>> {
        let start = self.at + self.text[self.at..].find(is_host_char)?;
        let end = self.text[start..].find(|c| !is_host_char(c)).map_or(self.text.len(), |length| start + length);
        self.at = end;
        Some(Run { before: &self.text[..start], inner: &self.text[start..end], after: &self.text[end..] })
    }
}

/// A candidate, without the punctuation around it and without soft spots.
struct Host {
    text: String,
    /// Where a reader may see the host end: at every soft spot, and at the end. Punctuation before is left out.
    ends: Vec<usize>,
    /// Where a reader may see it begin.
    starts: Vec<usize>,
}

impl Host {
    fn read(piece: &str) -> Self {
        let piece = piece.trim_matches(is_edge);
        let mut host = Self { text: String::with_capacity(piece.len()), ends: Vec::new(), starts: Vec::new() };
        for part in piece.split(SOFT) {
            host.starts.push(host.text.len());
            let solid = part.trim_end_matches(is_edge).len();
            if solid > 0 {
                host.ends.push(host.text.len() + solid);
            }
            host.text.push_str(part);
        }
        host
    }

    /// The label before `end`, if another one stands before it.
    fn last_label(&self, end: usize) -> Option<&[u8]> {
        let window = end.saturating_sub(MAX_LABEL_BYTES + 1);
        let dot = window + memchr::memrchr(b'.', &self.text.as_bytes()[window..end])?;
        (dot > 0).then(|| &self.text.as_bytes()[dot + 1..end])
    }

    fn has_www(&self) -> bool {
        self.starts.iter().any(|start| {
            self.text[*start..].strip_prefix("www.").is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
        })
    }

    fn has_public_suffix(&self) -> bool {
        self.text.contains('.') && psl::suffix(self.text.as_bytes()).is_some_and(|suffix| suffix.is_known())
    }

    fn is_file_name(&self) -> bool {
        let two_labels = self.text.split_once('.');
        two_labels.is_some_and(|(_, ending)| FILE_ENDINGS.contains(&ending))
    }
}

/// How much a host needs after it to be a link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A path, a port or a question mark.
    Host,
    /// It may be an address or a file, so a number after it or the end of a question do not tell.
    Doubtful,
}

/// Whether what stands after a host makes it a link.
fn completes_link(after: &str, standing: Standing) -> bool {
    match after_port(after) {
        Some(rest) => standing == Standing::Host || leads_on(rest, standing),
        None => leads_on(after, standing),
    }
}

/// What stands after `:` and digits, if they stand there.
fn after_port(after: &str) -> Option<&str> {
    let port = after.strip_prefix(':')?;
    let rest = port.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < port.len()).then_some(rest)
}

/// Whether a path or a query begins here.
fn leads_on(after: &str, standing: Standing) -> bool {
    let is_query = |rest: &str| standing == Standing::Host || rest.starts_with(is_query_char);
    after.starts_with('/') || after.strip_prefix('?').is_some_and(is_query)
}

const fn is_edge(c: char) -> bool {
    matches!(c, '.' | '-' | '_' | SOFT)
}

fn is_query_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '%' | '=' | '&')
}
