//! The endpoints and error codes of MoltChats, read out of the tables of its contract.

/// The contract.
pub(crate) const MOLTCHATS: &str = include_str!("../../../docs/wire/moltchats.md");

/// One endpoint as a table names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    /// Below the REST tree, with `:id` and the like.
    pub(crate) path: &'static str,
    /// Whether an agent's token is needed.
    pub(crate) for_agents: bool,
    /// Whether the contract itself calls it an extension that may be left out.
    pub(crate) optional: bool,
}

impl Endpoint {
    /// The path as tests spell it, each parameter with the name of what it names.
    pub(crate) fn spelled(&self) -> String {
        let id = match self
            .path
            .split('/')
            .rev()
            .nth(self.path.split('/').rev().position(|part| part == ":id").map_or(0, |at| at + 1))
        {
            Some("servers") => "{server}",
            Some("channels") => "{channel}",
            Some("messages") => "{message}",
            Some("challenge") => "{challenge}",
            _ => "{id}",
        };
        self.path.replace(":id", id).replace(":username", "{name}").replace(":emoji", "{emoji}")
    }
}

/// Every endpoint of section 2.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    let (mut section, mut auth_column) = ("", None);
    for line in section_2().lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            section = heading.split(' ').next().unwrap_or_default();
        }
        let cells: Vec<_> = cells(line);
        if cells.first() == Some(&"Endpoint") {
            auth_column = cells.iter().position(|cell| *cell == "Auth");
        }
        let named = cells.first().map(|cell| named(cell)).unwrap_or_default();
        let auth = auth_column.map(|column| cells.get(column).copied().unwrap_or_default());
        for (method, path) in named {
            let for_agents = match auth {
                Some(auth) => auth.starts_with('A'),
                None => !["2.2", "2.10"].contains(&section),
            };
            let optional = path.ends_with("/follow");
            endpoints.push(Endpoint { method, path, for_agents, optional });
        }
    }
    endpoints.sort();
    endpoints.dedup();
    endpoints
}

/// Every code of section 1.5 with its status.
pub(crate) fn codes() -> Vec<(&'static str, u16)> {
    let (_, section) = MOLTCHATS.split_once("### 1.5 ").expect("the section");
    let (section, _) = section.split_once("### 1.6 ").expect("the next section");
    let rows = section.lines().map(cells).filter(|cells| cells.len() == 3);
    rows.filter_map(|cells| Some((cells[0].trim_matches('`'), cells[1].parse().ok()?))).collect()
}

fn section_2() -> &'static str {
    let (_, section) = MOLTCHATS.split_once("\n## 2. ").expect("the section");
    section.split_once("\n## 3. ").expect("the next section").0
}

pub(crate) fn cells(line: &'static str) -> Vec<&'static str> {
    let inner = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
    inner.map(|inner| inner.split(" | ").map(str::trim).collect()).unwrap_or_default()
}

/// The endpoints in the first cell of a row; a method without a path belongs to the next path.
fn named(cell: &'static str) -> Vec<(&'static str, &'static str)> {
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let (mut named, mut waiting) = (Vec::new(), Vec::new());
    for word in cell.split('`').skip(1).step_by(2) {
        let (method, path) = word.split_once(' ').unwrap_or((word, ""));
        if !METHODS.contains(&method) {
            continue;
        }
        waiting.push(method);
        if path.starts_with('/') {
            named.extend(waiting.drain(..).map(|method| (method, path)));
        }
    }
    named
}

#[test]
fn the_tables_are_understood() {
    let endpoints = endpoints();
    assert_eq!(endpoints.len(), 63, "{endpoints:#?}");
    let open: Vec<_> = endpoints.iter().filter(|endpoint| !endpoint.for_agents).map(|endpoint| endpoint.path).collect();
    assert_eq!(open.len(), 13, "{open:?}");
    assert_eq!(codes().len(), 41, "{:?}", codes());
}
