//! Finding the word that was probably meant.

/// The candidate with the fewest edits from `word`, if it takes at most a third of the word's length.
pub(crate) fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let closest = candidates.map(|candidate| (distance(word, candidate), candidate)).min();
    closest.filter(|(edits, _)| *edits <= (word.len() / 3).max(1)).map(|(_, candidate)| candidate)
}

/// Levenshtein's distance in bytes: insertions, deletions and replacements.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }

    #[test]
    fn finds_what_was_meant_and_nothing_far_away() {
        let keys = ["listen", "public_url", "limits.lobby_verified"];
        assert_eq!(nearest("lisen", keys.into_iter()), Some("listen"));
        assert_eq!(nearest("public_uri", keys.into_iter()), Some("public_url"));
        assert_eq!(nearest("port", keys.into_iter()), None);
    }
}
