//! Codes that the hub sends by e-mail.

use tertulia_testkit::{Installation, eventually};

/// Digits of a code.
const DIGITS: usize = 6;

/// The code in the `letter`th letter to `email`, counted from one, as soon as it is there.
pub(crate) async fn code(installation: &Installation, email: &str, letter: usize) -> String {
    eventually(&format!("letter {letter} to {email}"), || async {
        let log = installation.log();
        let mut codes = log.lines().filter(|line| names(line, email)).filter_map(code_in);
        codes.nth(letter - 1).map(ToOwned::to_owned)
    })
    .await
}

/// Whether `email` is in the line, and not merely as the end of another address.
fn names(line: &str, email: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || "<>\",;:()".contains(c)).any(|word| word == email)
}

fn code_in(line: &str) -> Option<&str> {
    line.split(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| word.len() == DIGITS && word.bytes().all(|b| b.is_ascii_digit()))
}
