//! The configuration file: TOML, read with the line of each key.

use std::{collections::BTreeMap, fs, io::ErrorKind, ops::Range, path::Path};

use figment::value::Dict;
use toml::de::{DeTable, DeValue};

use super::problems::Problem;

/// A file's values, and the line on which each key stands.
#[derive(Debug)]
pub(crate) struct FileValues {
    pub(crate) values: Dict,
    /// By dotted key, counted from 1.
    pub(crate) lines: BTreeMap<String, usize>,
}

/// Reads a file. `None`: there is none.
pub(crate) fn read(file: &Path) -> Result<Option<FileValues>, Problem> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        // Also where a file stands in the place of a directory: whoever wants to use that one says so.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(Problem::File { file: file.to_owned(), why: error.to_string() }),
    };
    let syntax = |error: toml::de::Error| Problem::Syntax {
        file: file.to_owned(),
        line: line_of(&text, error.span().as_ref()),
        why: error.message().to_owned(),
    };
    let spanned = DeTable::parse(&text).map_err(syntax)?;
    let values = toml::from_str(&text).map_err(syntax)?;
    let mut lines = BTreeMap::new();
    note_lines(&text, spanned.get_ref(), "", &mut lines);
    Ok(Some(FileValues { values, lines }))
}

fn note_lines(text: &str, table: &DeTable<'_>, prefix: &str, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = format!("{prefix}{}", key.get_ref());
        if let DeValue::Table(inner) = value.get_ref() {
            note_lines(text, inner, &format!("{path}."), lines);
        }
        lines.insert(path, line_of(text, Some(&key.span())));
    }
}

fn line_of(text: &str, span: Option<&Range<usize>>) -> usize {
    let end = span.map_or(0, |span| span.start).min(text.len());
    text.char_indices().take_while(|(at, _)| *at < end).filter(|(_, c)| *c == '\n').count() + 1
}
