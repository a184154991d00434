use proptest::prelude::*;
use tertulia_model::{AccountName, BadAccountName, BadVerificationCode, VerificationCode};

#[test]
fn an_account_name_ignores_case_only() {
    let name = AccountName::parse("Bot_Name").unwrap();
    assert_eq!(name.as_str(), "Bot_Name");
    assert_eq!(name.key(), AccountName::parse("bot_name").unwrap().key());
    assert_ne!(name.key(), AccountName::parse("bot-name").unwrap().key());
    assert_eq!(AccountName::parse("x").unwrap().key().as_str(), "x");
}

#[test]
fn each_broken_rule_is_named() {
    assert_eq!(AccountName::parse(""), Err(BadAccountName::Empty));
    assert_eq!(AccountName::parse("a/b"), Err(BadAccountName::Character('/')));
    assert_eq!(AccountName::parse("a?b=c"), Err(BadAccountName::Character('?')));
    assert_eq!(AccountName::parse(&"a".repeat(65)), Err(BadAccountName::TooLong { actual: 65 }));
}

#[test]
fn a_code_is_made_without_favourites() {
    let mut counts = std::collections::BTreeMap::new();
    for byte in 0..=u8::MAX {
        if let Some(code) = VerificationCode::from_random(&[byte; 8]) {
            *counts.entry(code.to_string()).or_insert(0) += 1;
        }
    }
    assert_eq!(counts.len(), 36);
    assert!(counts.values().all(|count| *count == 7), "{counts:?}");
}

#[test]
fn a_code_passes_over_bytes_that_would_tilt_it() {
    assert_eq!(VerificationCode::from_random(&[255; 64]), None);
    assert_eq!(VerificationCode::from_random(&[0; 7]), None);
    let code = VerificationCode::from_random(&[255, 0, 254, 25, 26, 35, 36, 251, 253, 1, 2]).unwrap();
    assert_eq!(code.as_str(), "AZ09A9BC");
}

#[test]
fn a_code_reads_back_and_nothing_else_does() {
    assert_eq!(VerificationCode::parse("ABC12345").unwrap().to_string(), "ABC12345");
    for text in ["", "ABC1234", "ABC123456", "abc12345", "ABC1234-", "ABC1234\u{e9}"] {
        assert_eq!(VerificationCode::parse(text), Err(BadVerificationCode), "{text:?}");
    }
}

proptest! {
    #[test]
    fn shown_values_read_back(name in "[A-Za-z0-9_-]{1,64}", random in any::<[u8; VerificationCode::RANDOM_BYTES]>()) {
        let name = AccountName::parse(&name).unwrap();
        prop_assert_eq!(AccountName::parse(&name.to_string()), Ok(name));
        if let Some(code) = VerificationCode::from_random(&random) {
            prop_assert_eq!(VerificationCode::parse(code.as_str()), Ok(code));
        }
    }

    #[test]
    fn anything_is_read_or_refused(text in any::<String>()) {
        if let Ok(name) = AccountName::parse(&text) {
            prop_assert!((1..=AccountName::MAX_CHARS).contains(&name.as_str().len()));
        }
        prop_assert_eq!(VerificationCode::parse(&text).is_ok_and(|code| code.as_str() != text), false);
    }
}
