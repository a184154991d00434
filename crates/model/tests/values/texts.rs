use proptest::prelude::*;
use tertulia_model::{BadText, MessageText, ShownText};

fn cleaned(text: &str) -> Result<String, BadText> {
    MessageText::parse_shared(text, 250).map(|text| text.to_string())
}

#[test]
fn a_text_is_cleaned() {
    for (sent, stored) in [
        ("hello", "hello"),
        ("  hello \n", "hello"),
        ("one\r\ntwo\n\tthree\r\n", "one\ntwo\n\tthree"),
        ("\u{202e}olleh\u{202c}", "olleh"),
        ("\u{2067} hello \u{2069}", "hello"),
        ("a\u{200f}b\u{200e}", "a\u{200f}b\u{200e}"),
        ("\u{3000}\u{4f60}\u{597d}\u{a0}", "\u{4f60}\u{597d}"),
        ("\u{1f469}\u{200d}\u{1f4bb} \u{2764}\u{fe0f}", "\u{1f469}\u{200d}\u{1f4bb} \u{2764}\u{fe0f}"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("quoted \u{201c}so\u{201d} \u{2026}", "quoted \u{201c}so\u{201d} \u{2026}"),
    ] {
        assert_eq!(cleaned(sent).as_deref(), Ok(stored), "{sent:?}");
    }
}

#[test]
fn every_other_control_character_is_refused() {
    let controls = (0..0xa0).filter_map(char::from_u32).filter(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    let mut seen = 0;
    for c in controls {
        assert_eq!(cleaned(&format!("a{c}b")), Err(BadText::Control(c)));
        seen += 1;
    }
    assert_eq!(seen, 63);
    assert_eq!(cleaned("a\r\r\nb"), Err(BadText::Control('\r')));
    assert_eq!(cleaned("a\r\u{202a}\nb"), Err(BadText::Control('\r')));
    assert_eq!(cleaned("\u{0}"), Err(BadText::Control('\0')));
}

#[test]
fn nothing_is_not_a_text() {
    for text in ["", " ", "\r\n", "\u{202e}", " \u{2066}\t\u{2069} ", "\u{3000}"] {
        assert_eq!(cleaned(text), Err(BadText::Empty), "{text:?}");
    }
}

#[test]
fn length_is_counted_in_characters_after_cleaning() {
    assert_eq!(cleaned(&"\u{1f99e}".repeat(250)).map(|text| text.chars().count()), Ok(250));
    assert_eq!(cleaned(&format!("  {}\r\n\u{202e}", "x".repeat(250))).map(|text| text.len()), Ok(250));
    assert_eq!(cleaned(&"a\r\n".repeat(125)).map(|text| text.len()), Ok(249));
    let long = cleaned(&"\u{e9}".repeat(251)).unwrap_err();
    assert_eq!(long, BadText::TooLong { actual: 251, max: 250 });
    assert_eq!(long.to_string(), "a message has at most 250 characters here, this one has 251");
    assert_eq!(BadText::Control('\u{1b}').to_string().rsplit(' ').next(), Some("U+001B"));
}

#[test]
fn a_shown_text_is_harmless() {
    let text = "a\u{1b}[2J\r\n\tb\u{202e}c\u{85}\u{2028}<b>";
    assert_eq!(ShownText::with_lines(text).to_string(), "a\\u{1b}[2J\\u{d}\n\tb\\u{202e}c\\u{85}\u{2028}<b>");
    assert_eq!(ShownText::on_one_line(text).to_string(), "a\\u{1b}[2J\\u{d}\\u{a}\\u{9}b\\u{202e}c\\u{85}\\u{2028}<b>");
}

const DIRECTIONS: [char; 2] = ['\u{202e}', '\u{2069}'];

/// Texts in which what cleaning looks for is frequent.
fn rough() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => any::<char>().prop_map(String::from),
        3 => "[ -~]{0,12}",
        2 => Just("\r\n".to_owned()),
        1 => prop::sample::select(vec!["\n", "\t", " ", "\r", "\u{202e}", "\u{2069}", "\u{2027}", "\u{a0}", "\u{85}"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cleaning_is_idempotent_and_keeps_the_limit(text in rough(), max in 0_usize..60) {
        if let Ok(text) = MessageText::parse_shared(&text, max) {
            let shown = text.to_string();
            prop_assert!((1..=max).contains(&shown.chars().count()));
            prop_assert!(!shown.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
            prop_assert!(!shown.contains(DIRECTIONS));
            prop_assert_eq!(shown.trim(), &shown);
            prop_assert_eq!(MessageText::parse_shared(&shown, max), Ok(text));
        }
    }

    #[test]
    fn what_is_shown_holds_no_control_character(text in rough()) {
        let line = ShownText::on_one_line(&text).to_string();
        prop_assert!(!line.contains(|c: char| c.is_control() || DIRECTIONS.contains(&c)));
        prop_assert_eq!(ShownText::on_one_line(&line).to_string(), line.as_str());
        let lines = ShownText::with_lines(&text).to_string();
        prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
    }
}
