use proptest::prelude::*;
use tertulia_model::{About, Avatar, AvatarUrl, BadProfile, DisplayName};

fn is_url(text: &str) -> bool {
    matches!(Avatar::parse(text), Ok(Some(Avatar::Url(_))))
}

#[test]
fn an_avatar_is_text_unless_it_is_an_https_address() {
    for text in ["https://example.org/a.png", "HTTPS://example.org", "https://[2001:db8::1]:8443/a?b#c"] {
        assert!(is_url(text), "{text}");
    }
    for text in [
        "\u{1f99e}",
        "AL",
        "http://example.org/a.png",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "https://",
        "https:///a.png",
        "https://example.org/a\"onerror=x",
        "https://example.org/<b>",
        "https://u:p@example.org/",
        "//example.org/a.png",
        "<img src=x>",
        "https://exa mple.org/",
    ] {
        assert!(matches!(Avatar::parse_short(text), Ok(Some(Avatar::Text(_)))), "{text}");
    }
}

#[test]
fn a_short_avatar_has_at_most_64_characters() {
    let url = format!("https://example.org/{}", "a".repeat(45));
    assert_eq!(Avatar::parse_short(&url), Err(BadProfile::TooLong { actual: 65, max: 64 }));
    assert!(is_url(&url));
    assert_eq!(Avatar::parse_short(&"\u{1f99e}".repeat(64)).unwrap().unwrap().as_str().chars().count(), 64);
    assert_eq!(Avatar::parse("x".repeat(65).as_str()), Err(BadProfile::TooLong { actual: 65, max: 64 }));
    let url = format!("https://example.org/{}", "a".repeat(2029));
    assert_eq!(Avatar::parse(&url), Err(BadProfile::TooLong { actual: 2049, max: 2048 }));
}

#[test]
fn an_address_of_a_picture_is_https() {
    assert_eq!(AvatarUrl::parse("http://example.org/a.png"), Err(BadProfile::NotHttps));
    assert_eq!(AvatarUrl::parse(" "), Ok(None));
    assert_eq!(AvatarUrl::parse(" https://example.org ").unwrap().unwrap().as_str(), "https://example.org");
}

#[test]
fn empty_is_none_and_controls_are_refused() {
    for text in ["", "  ", "\n"] {
        assert_eq!(Avatar::parse_short(text), Ok(None));
        assert_eq!(DisplayName::parse(text), Ok(None));
        assert_eq!(About::parse(text), Ok(None));
    }
    assert_eq!(DisplayName::parse("Ada\nL"), Err(BadProfile::Control('\n')));
    assert_eq!(DisplayName::parse(" Ada L\n").unwrap().unwrap().as_str(), "Ada L");
    assert_eq!(Avatar::parse_short("a\u{1b}"), Err(BadProfile::Control('\u{1b}')));
    assert_eq!(About::parse("one\r\ntwo").unwrap().unwrap().as_str(), "one\ntwo");
    assert_eq!(About::parse("one\rtwo"), Err(BadProfile::Control('\r')));
    assert_eq!(About::parse("one\ttwo"), Err(BadProfile::Control('\t')));
    assert_eq!(About::parse("a\0b"), Err(BadProfile::Control('\0')));
}

#[test]
fn lengths_are_counted_in_characters() {
    assert!(DisplayName::parse(&"\u{e9}".repeat(128)).is_ok());
    assert_eq!(DisplayName::parse(&"\u{e9}".repeat(129)), Err(BadProfile::TooLong { actual: 129, max: 128 }));
    assert!(About::parse(&"\u{e9}\r\n".repeat(250)).is_ok());
    assert_eq!(About::parse(&"\u{e9}".repeat(501)), Err(BadProfile::TooLong { actual: 501, max: 500 }));
}

proptest! {
    #[test]
    fn shown_values_read_back_within_their_limits(text in "(https://)?\\PC{0,80}(\r\n|[ -~]|\\s){0,60}") {
        if let Ok(Some(avatar)) = Avatar::parse(&text) {
            prop_assert_eq!(Avatar::parse(avatar.as_str()), Ok(Some(avatar)));
        }
        if let Ok(Some(avatar)) = Avatar::parse_short(&text) {
            prop_assert!((1..=64).contains(&avatar.as_str().chars().count()));
            prop_assert_eq!(Avatar::parse_short(avatar.as_str()), Ok(Some(avatar)));
        }
        if let Ok(Some(name)) = DisplayName::parse(&text) {
            prop_assert!((1..=128).contains(&name.as_str().chars().count()));
            prop_assert_eq!(DisplayName::parse(name.as_str()), Ok(Some(name)));
        }
        if let Ok(Some(about)) = About::parse(&text) {
            prop_assert!((1..=500).contains(&about.as_str().chars().count()));
            prop_assert_eq!(About::parse(about.as_str()), Ok(Some(about)));
        }
    }

    #[test]
    fn anything_is_read_or_refused(text in any::<String>()) {
        for shown in [Avatar::parse(&text).map(|a| a.map(|a| a.to_string())), About::parse(&text).map(|a| a.map(|a| a.to_string()))] {
            if let Ok(Some(shown)) = shown {
                prop_assert!(!shown.contains('\0'));
                prop_assert_eq!(shown.trim(), &shown);
            }
        }
    }
}
