//! As much of Markdown as checking links needs: headings with their anchors, and link targets.

use std::collections::{BTreeSet, HashMap};

/// The anchors of a document: one per heading by the rule of code hosts, and every explicit `id="…"`.
pub(super) fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (_, line) in prose(text) {
        if let Some(heading) = heading(line) {
            let slug = slug(heading);
            let count = seen.entry(slug.clone()).or_default();
            anchors.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
            *count += 1;
        }
        for attribute in ["id=\"", "name=\""] {
            anchors.extend(quoted_after(line, attribute).map(str::to_owned));
        }
    }
    anchors
}

/// The targets of all links and images, with their line numbers.
pub(super) fn targets(text: &str) -> Vec<(usize, String)> {
    let mut targets = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code_spans(line);
        let mut rest = line.as_str();
        while let Some(start) = rest.find("](") {
            rest = &rest[start + 2..];
            let Some(end) = rest.find(')') else { break };
            // A title may follow the target: `](target "title")`.
            targets.extend(rest[..end].split_whitespace().next().map(|target| (number, target.to_owned())));
        }
        for attribute in ["href=\"", "src=\""] {
            targets.extend(quoted_after(&line, attribute).map(|target| (number, target.to_owned())));
        }
        targets.extend(definition(&line).map(|target| (number, target.to_owned())));
    }
    targets
}

/// The lines outside fenced code, with their numbers from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let line = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => return true,
        }
        false
    })
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ')).then(|| text.trim().trim_end_matches('#').trim_end())
}

/// Lower case; letters, digits, `_` and `-` stay, spaces become `-`, all else goes. Of a link its text counts.
fn slug(heading: &str) -> String {
    let mut slug = String::new();
    let mut rest = heading;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            ']' if rest.starts_with('(') => rest = rest.find(')').map_or("", |end| &rest[end + 1..]),
            ' ' => slug.push('-'),
            '-' | '_' => slug.push(character),
            _ if character.is_alphanumeric() => slug.extend(character.to_lowercase()),
            _ => {}
        }
    }
    slug
}

/// Target of a reference definition, `[label]: target`.
fn definition(line: &str) -> Option<&str> {
    let (label, target) = line.trim_start().strip_prefix('[')?.split_once("]: ")?;
    (!label.contains(']') && !label.starts_with('^')).then(|| target.split_whitespace().next())?
}

fn without_code_spans(line: &str) -> String {
    // Odd pieces stand between two backticks, if the last one is closed.
    let pieces: Vec<&str> = line.split('`').collect();
    let closed = pieces.len() % 2 == 1;
    let kept = pieces.iter().enumerate().filter(|(index, _)| index % 2 == 0 || (!closed && index + 1 == pieces.len()));
    kept.map(|(_, piece)| *piece).collect::<Vec<_>>().join("``")
}

fn quoted_after<'a>(line: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
    let is_whole = |before: &str| before.ends_with([' ', '\t']) || before.is_empty();
    line.match_indices(attribute).filter(move |(at, _)| is_whole(&line[..*at])).filter_map(|(at, _)| {
        let value = &line[at + attribute.len()..];
        value.split_once('"').map(|(value, _)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_anchors_as_on_code_hosts() {
        let text = "# The `GET /api/x` call\n## 3.1 Names: who & what?\n## Again\n## Again\n### [Linked](a.md) part\n\
                    ```\n# not a heading\n```\n<a id=\"own\"></a>\n#hashtag\n## Zwölf_a – b ##\n";

        let expected =
            ["the-get-apix-call", "31-names-who--what", "again", "again-1", "linked-part", "own", "zwölf_a--b"];
        assert_eq!(anchors(text), expected.map(str::to_owned).into());
    }

    #[test]
    fn targets_are_found_outside_code() {
        let text = "See [a](one.md) and ![b](two.png \"title\"), not `[c](three.md)`.\n```\n[d](four.md)\n```\n\
                    <img src=\"five.png\" data-src=\"six.png\">\n[e]: seven.md\n";

        let found = targets(text);

        let found: Vec<(usize, &str)> = found.iter().map(|(line, target)| (*line, target.as_str())).collect();
        assert_eq!(found, [(1, "one.md"), (1, "two.png"), (5, "five.png"), (6, "seven.md")]);
    }
}
