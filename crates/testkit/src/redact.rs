//! Hiding what differs from run to run, after checking that it is what it should be.

/// `text` with the values hidden that cannot be foretold. A value is hidden only when it has exactly the form that it
/// should have, so that a snapshot shows one that has not:
///
/// - `<uuid>`: a random UUID, version 4
/// - `<uuid 7>`: a time-ordered one, version 7
/// - `<key>`: `chatr_` and 32 bytes in base64url
/// - `claw_<key>`: `claw_` and 32 bytes in base64url
/// - `msr_<key>`: `msr_` and 48 bytes in lower-case hexadecimal digits
/// - `<32 bytes>`: as many in lower-case hexadecimal digits, `<8 bytes>` likewise
/// - `<jwt>`: three parts in base64url, the last one of 32 bytes
/// - `<time>`: RFC 3339 in UTC with milliseconds
/// - `0001-000000000002-<mark>`: the id of a message; its epoch and place stay
/// - `<code>`: 8 capital letters and digits, alone or in brackets
#[must_use]
pub fn redacted(text: &str) -> String {
    text.split('"').map(shown).collect::<Vec<_>>().join("\"")
}

fn shown(value: &str) -> String {
    let is = |form: &str| has_form(value, form);
    if is("hhhhhhhh-hhhh-4hhh-vhhh-hhhhhhhhhhhh") {
        return "<uuid>".to_owned();
    }
    if is("hhhhhhhh-hhhh-7hhh-vhhh-hhhhhhhhhhhh") {
        return "<uuid 7>".to_owned();
    }
    if is("dddd-dd-ddTdd:dd:dd.dddZ") {
        return "<time>".to_owned();
    }
    if is("hhhh-hhhhhhhhhhhh-hhhhhhhh") {
        return format!("{}<mark>", &value[..18]);
    }
    if is("CCCCCCCC") {
        return "<code>".to_owned();
    }
    let is_hex = |text: &str, bytes: usize| text.len() == 2 * bytes && has_form(text, &"h".repeat(2 * bytes));
    if is_hex(value, 32) {
        return "<32 bytes>".to_owned();
    }
    if is_hex(value, 8) && value.bytes().any(|byte| byte.is_ascii_digit()) {
        return "<8 bytes>".to_owned();
    }
    if value.strip_prefix("msr_").is_some_and(|rest| is_hex(rest, 48)) {
        return "msr_<key>".to_owned();
    }
    if is_jwt(value) {
        return "<jwt>".to_owned();
    }
    for (prefix, hidden) in [("chatr_", "<key>"), ("claw_", "claw_<key>")] {
        if value.strip_prefix(prefix).is_some_and(|rest| rest.len() == 43 && rest.bytes().all(is_base64url)) {
            return hidden.to_owned();
        }
    }
    without_bracketed_code(value)
}

fn is_jwt(value: &str) -> bool {
    let parts: Vec<_> = value.split('.').collect();
    parts.len() == 3
        && parts[2].len() == 43
        && parts.iter().all(|part| part.len() > 10 && part.bytes().all(is_base64url))
}

fn without_bracketed_code(value: &str) -> String {
    let Some((before, rest)) = value.split_once('[') else { return value.to_owned() };
    match rest.split_once(']') {
        Some((code, after)) if has_form(code, "CCCCCCCC") => format!("{before}[<code>]{after}"),
        _ => value.to_owned(),
    }
}

/// In a form `h` is a lower-case hexadecimal digit, `d` a decimal one, `v` a UUID's variant, `C` a capital or a digit;
/// everything else stands for itself.
fn has_form(value: &str, form: &str) -> bool {
    value.len() == form.len()
        && value.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'h' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            b'd' => byte.is_ascii_digit(),
            b'v' => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            b'C' => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            other => byte == other,
        })
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn only_what_has_its_form_is_hidden() {
        let text =
            r#"{"id":"0001-00000000002a-deadbeef","at":"2026-01-01T00:00:00.000Z","late":"2026-01-01T00:00:00Z"}"#;
        let shown = r#"{"id":"0001-00000000002a-<mark>","at":"<time>","late":"2026-01-01T00:00:00Z"}"#;
        assert_eq!(redacted(text), shown);
        let uuids = r#"["0e1f2a3b-0000-4000-8000-000000000000","0e1f2a3b-0000-7000-8000-000000000000",
            "0e1f2a3b-0000-5000-8000-000000000000"]"#;
        let shown = r#"["<uuid>","<uuid 7>",
            "0e1f2a3b-0000-5000-8000-000000000000"]"#;
        assert_eq!(redacted(uuids), shown);
        assert_eq!(redacted(r#""a [ABCD1234] b [abc]""#), r#""a [<code>] b [abc]""#);
    }
}
