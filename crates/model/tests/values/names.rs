use proptest::prelude::*;
use tertulia_model::{BadName, Name, NameKey};

#[test]
fn a_name_keeps_its_spelling_and_is_unique_without_it() {
    let name = Name::parse("Ada_L-7").unwrap();
    assert_eq!(name.as_str(), "Ada_L-7");
    assert_eq!(name.key().as_str(), "ada-l-7");
    assert_eq!(Some(name.key()), NameKey::of("aDA-l_7").as_ref());
    assert_eq!(NameKey::of("a"), None);
}

#[test]
fn each_broken_rule_is_named() {
    assert_eq!(Name::parse(""), Err(BadName::TooShort { actual: 0 }));
    assert_eq!(Name::parse("a"), Err(BadName::TooShort { actual: 1 }));
    assert_eq!(Name::parse(&"a".repeat(65)), Err(BadName::TooLong { actual: 65 }));
    for (text, bad) in
        [("a b", ' '), ("ada\n", '\n'), ("\u{e9}ric", '\u{e9}'), ("ad\u{0}", '\0'), ("a\u{430}b", '\u{430}')]
    {
        assert_eq!(Name::parse(text), Err(BadName::Character(bad)));
    }
    assert_eq!(BadName::TooLong { actual: 65 }.to_string(), "a name has at most 64 characters, this one has 65");
}

#[test]
fn words_imitations_and_id_prefixes_are_reserved() {
    for text in [
        "admin", "Admin", "ADM1N", "4dmin", "sysadmin", "r00t", "supp0rt", "no_reply", "list", "create", "global",
        "Tertulia", "7ertu1ia", "tertul1a", "openai", "0pena1", "opena1", "claud3", "c1aude", "gpt4", "gpt_4", "gp7-4",
        "v1", "agents", "us3r5", "8o7", "404", "me", "ai", "4i", "bot", "test", "b1ock", "msg_1", "MSG-x", "agt_abc",
        "conv-1", "grp_x", "del_x", "gri_x", "att_x", "whk_x", "whd_x", "pnd_x", "rpt_x",
    ] {
        assert!(Name::parse(text).unwrap().is_reserved(), "{text}");
    }
}

#[test]
fn ordinary_names_stay_free() {
    for text in [
        "b0b",
        "bob",
        "ada",
        "r2d2",
        "neo",
        "agent7",
        "agent5",
        "agents5",
        "user5",
        "mod5",
        "app5",
        "Bot_1",
        "bot5",
        "lobster",
        "a1",
        "a11",
        "m3",
        "q4",
        "r007",
        "41",
        "411",
        "1337",
        "7357",
        "pin9",
        "pin6",
        "msg",
        "message-1",
        "attic",
        "msgr_1",
        "delta",
        "grp",
        "admin-ada",
        "adminx",
        "x1",
        "i5",
        "HAL9000",
        "c3po",
        "gpt-ada",
        "claudette",
        "test7",
        "node4",
        "42",
        "lobby",
        "globally",
    ] {
        assert!(!Name::parse(text).unwrap().is_reserved(), "{text}");
    }
}

proptest! {
    #[test]
    fn a_shown_name_reads_back(text in "[A-Za-z0-9_-]{2,64}") {
        let name = Name::parse(&text).unwrap();
        prop_assert_eq!(name.to_string(), text.as_str());
        prop_assert_eq!(Name::parse(&name.to_string()), Ok(name.clone()));
        prop_assert_eq!(NameKey::of(name.key().as_str()), Some(name.key().clone()));
        let respelt = text.to_ascii_uppercase().replace('-', "_");
        prop_assert_eq!(NameKey::of(&respelt), Some(name.key().clone()));
        prop_assert_eq!(Name::parse(&respelt).unwrap().is_reserved(), name.is_reserved());
    }

    #[test]
    fn anything_is_read_or_refused(text in any::<String>()) {
        prop_assert_eq!(Name::parse(&text).is_ok(), NameKey::of(&text).is_some());
    }
}
