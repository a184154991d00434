//! The values of the model. Bytes that are no UTF-8 are refused before any of these parsers.

use tertulia_model::{
    About, AccountName, Avatar, BadProfile, DisplayName, Links, MessageText, Name, NameKey, ShownText, VerificationCode,
};

/// Names: what is read is shown as it was, folds once and for all, and is found again by any spelling.
///
/// # Panics
///
/// When a property is broken.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let name = Name::parse(text);
    assert_eq!(name.is_ok(), NameKey::of(text).is_some());
    let Ok(name) = name else { return };
    assert_eq!(name.to_string(), text);
    assert!((Name::MIN_CHARS..=Name::MAX_CHARS).contains(&text.chars().count()));
    let respelt = Name::parse(&text.to_ascii_uppercase().replace('-', "_")).expect("the grammar has both spellings");
    assert_eq!(respelt.key(), name.key());
    assert_eq!(respelt.is_reserved(), name.is_reserved());
    assert_eq!(NameKey::of(name.key().as_str()).as_ref(), Some(name.key()));
}

/// Texts: cleaning keeps the limit, leaves nothing to clean, and showing leaves nothing to neutralise.
///
/// # Panics
///
/// When a property is broken.
pub fn texts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let line = ShownText::on_one_line(text).to_string();
    assert!(!line.contains(|c: char| c.is_control() || turns_direction(c)));
    assert_eq!(ShownText::on_one_line(&line).to_string(), line);
    for max in [0, 1, 250, 4_000] {
        let Ok(clean) = MessageText::parse_shared(text, max) else { continue };
        let shown = clean.as_str();
        assert!((1..=max).contains(&shown.chars().count()));
        assert_eq!(shown, shown.trim());
        assert!(!shown.contains(|c: char| turns_direction(c) || (c.is_control() && c != '\n' && c != '\t')));
        assert_eq!(ShownText::with_lines(shown).to_string(), shown);
        assert_eq!(MessageText::parse_shared(shown, max), Ok(clean));
    }
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The rule on links: the same for every letter case, for a sentence around it, and for what the lobby stores.
///
/// # Panics
///
/// When a property is broken.
pub fn links(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let rule = Links::default();
    let found = rule.contains_link(text);
    assert_eq!(rule.contains_link(&text.to_ascii_uppercase()), found);
    assert_eq!(rule.contains_link(&format!("so {text}\n")), found);
    assert!(rule.contains_link(&format!("{text} example.com")));
    if let Ok(stored) = MessageText::parse_shared(text, usize::MAX)
        && !found
    {
        assert!(!rule.contains_link(stored.as_str()), "cleaning made a link: {stored:?}");
    }
}

/// Profiles: every field reads back as it is shown, and keeps its limit.
///
/// # Panics
///
/// When a property is broken.
pub fn profiles(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    reads_back(text, 2048, |text| Avatar::parse(text).map(shown));
    reads_back(text, 64, |text| Avatar::parse_short(text).map(shown));
    reads_back(text, DisplayName::MAX_CHARS, |text| DisplayName::parse(text).map(shown));
    reads_back(text, About::MAX_CHARS, |text| About::parse(text).map(shown));
}

fn shown(field: Option<impl ToString>) -> Option<String> {
    field.map(|field| field.to_string())
}

fn reads_back(text: &str, max: usize, parse: impl Fn(&str) -> Result<Option<String>, BadProfile>) {
    let Ok(Some(field)) = parse(text) else { return };
    assert!((1..=max).contains(&field.chars().count()));
    assert!(!field.contains(|c: char| c.is_control() && c != '\n'));
    assert_eq!(parse(&field), Ok(Some(field)));
}

/// The vouching account and its code: what is read is shown as it was; a code made of any bytes is a code.
///
/// # Panics
///
/// When a property is broken.
pub fn accounts(data: &[u8]) {
    if let Some(code) = VerificationCode::from_random(data) {
        assert_eq!(VerificationCode::parse(code.as_str()), Ok(code));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(name) = AccountName::parse(text) {
        assert_eq!(name.to_string(), text);
        assert!((1..=AccountName::MAX_CHARS).contains(&text.chars().count()));
        let folded = AccountName::parse(name.key().as_str()).expect("the grammar has lower case");
        assert_eq!(folded.key(), name.key());
    }
    if let Ok(code) = VerificationCode::parse(text) {
        assert_eq!(code.as_str(), text);
    }
}
