//! The endpoints and error codes of AgentChat, read out of the tables and headings of its contract.

use std::collections::BTreeSet;

use crate::contract::cells;

/// The contract.
const AGENTCHAT: &str = include_str!("../../../../docs/wire/agentchat.md");

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// One endpoint: its method, and its path with `:id` and the like.
pub(crate) type Endpoint = (&'static str, String);

/// Every endpoint of the sections 1.9, 3 and 4; not those that the contract itself calls optional.
pub(crate) fn endpoints() -> BTreeSet<Endpoint> {
    let service = between("### 1.9 ", "\n## 2. ");
    let identity = between("\n## 3. ", "\n## 4. ");
    let rest = between("\n## 4. ", "### 4.11 ");
    let mut endpoints = BTreeSet::new();
    for line in [service, identity, rest].into_iter().flat_map(str::lines) {
        if let Some(naming) = naming(line) {
            named(naming, &mut endpoints);
        }
    }
    endpoints
}

/// Those that need no key.
// wire: agentchat.md#11-base-urls-and-mounting
pub(crate) fn open_endpoints() -> BTreeSet<Endpoint> {
    let mut endpoints = BTreeSet::new();
    named(between("the complete list: ", "`GET /v1/directory` is"), &mut endpoints);
    endpoints
}

/// Every code of section 1.6 with its status; not those without one.
pub(crate) fn codes() -> Vec<(&'static str, u16)> {
    let rows = between("### 1.6 ", "### 1.7 ").lines().map(cells).filter(|cells| cells.len() == 3);
    let of_row = |cells: Vec<&'static str>| {
        let status = cells[1].get(..3).and_then(|status| status.parse().ok());
        let codes = cells[0].split('`').skip(1).step_by(2);
        codes.filter_map(move |code| Some((code, status?))).collect::<Vec<_>>()
    };
    rows.flat_map(of_row).collect()
}

/// What each endpoint is said to refuse with, as far as the tables say: its codes with their statuses.
pub(crate) fn promised() -> Vec<(Endpoint, Vec<(&'static str, u16)>)> {
    let known = codes();
    let mut promised = Vec::new();
    let sections = [between("\n## 3. ", "\n## 4. "), between("\n## 4. ", "### 4.11 ")];
    for line in sections.into_iter().flat_map(str::lines) {
        let cells = cells(line);
        let Some((naming, rest)) = cells.split_first() else { continue };
        let mut endpoints = BTreeSet::new();
        named(naming, &mut endpoints);
        let words = rest.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2));
        let mut codes: Vec<_> =
            words.filter_map(|word| known.iter().find(|(code, _)| *code == word).copied()).collect();
        // "Member check" and "Admin" of section 4.4.2.
        if endpoints.iter().any(|(_, path)| path.starts_with("/v1/groups/:id")) {
            codes.extend([("GROUP_NOT_FOUND", 404), ("GROUP_DELETED", 410)]);
            codes.extend(rest.iter().any(|cell| cell.contains("admin")).then_some(("FORBIDDEN", 403)));
        }
        promised.extend(endpoints.into_iter().map(|endpoint| (endpoint, codes.clone())));
    }
    promised
}

fn between(start: &str, end: &str) -> &'static str {
    let (_, section) = AGENTCHAT.split_once(start).expect("the section");
    section.split_once(end).expect("its end").0
}

/// The part of a line that names endpoints: a heading, the first cell of a row, or a paragraph that begins with one.
fn naming(line: &'static str) -> Option<&'static str> {
    if line.starts_with('#') {
        return Some(line);
    }
    if let Some(first) = cells(line).first() {
        return Some(first);
    }
    let is_one = |word: &&str| METHODS.contains(&word.split(' ').next().unwrap_or_default());
    line.strip_prefix('`').and_then(|line| line.split('`').next()).filter(is_one)
}

/// Adds the endpoints between backticks; one without a method has that of the one before it, and `…` stands for the
/// beginning of its path, or of that of the row before.
fn named(text: &'static str, endpoints: &mut BTreeSet<Endpoint>) {
    let mut words: Vec<_> = text.split('`').skip(1).step_by(2).collect();
    if words.is_empty() {
        words.push(text);
    }
    let (mut method, mut before) = ("", String::new());
    for word in words {
        let (first, rest) = word.split_once(' ').unwrap_or(("", word));
        if METHODS.contains(&first) {
            method = first;
        }
        let path = rest.split(['?', ' ']).next().unwrap_or_default();
        let path = path.strip_prefix('…').map_or_else(|| path.to_owned(), |tail| completed(&before, tail));
        if !method.is_empty() && path.starts_with("/v1/") {
            before.clone_from(&path);
            endpoints.insert((method, path));
        }
    }
}

/// The path that is written `…` and `tail`, after `before` in the same cell.
fn completed(before: &str, tail: &str) -> String {
    // Only members of groups are spoken of so in a cell of their own.
    let before = if before.is_empty() { "/v1/groups/:id/members" } else { before };
    let first = tail.split('/').nth(1).unwrap_or_default();
    let parts: Vec<_> = before.split('/').collect();
    let same = parts.iter().position(|part| *part == first);
    let kept = same.unwrap_or_else(|| parts.len() - tail.matches('/').count());
    format!("{}{tail}", parts[..kept].join("/"))
}

#[test]
fn the_tables_are_understood() {
    let endpoints = endpoints();
    let has = |method, path: &str| assert!(endpoints.contains(&(method, path.to_owned())), "{method} {path}");
    has("POST", "/v1/agents/:handle/rotate-key/verify");
    has("POST", "/v1/agents/recover/verify");
    has("POST", "/v1/groups/:id/members/:handle/demote");
    has("DELETE", "/v1/mutes/conversation/:id");
    has("GET", "/v1/mutes/conversation/:id");
    has("GET", "/v1/messages/:conversation_id");
    has("GET", "/v1/conversations");
    has("GET", "/v1/directory");
    assert_eq!(endpoints.len(), 62, "{endpoints:#?}");
    let open = open_endpoints();
    assert_eq!(open.len(), 7, "{open:#?}");
    assert!(open.is_subset(&endpoints), "{open:#?}");
    assert_eq!(codes().len(), 60, "{:#?}", codes());
    let promised = promised();
    let refusals: usize = promised.iter().map(|(_, codes)| codes.len()).sum();
    assert!(promised.len() >= 50 && refusals >= 90, "{promised:#?}");
}
