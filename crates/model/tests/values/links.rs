use proptest::prelude::*;
use tertulia_model::{DEFAULT_BARE_TLDS, Links};

const LINKS: &[&str] = &[
    // a scheme
    "http://example.org",
    "see HTTPS://EXAMPLE",
    "ftp://x",
    "git+ssh://host",
    "a://b",
    "http://1.2.3.4",
    "http://[::1]/",
    "ht\u{200b}tp://x",
    "http:/\u{ad}/x",
    "http\u{ff1a}\u{ff0f}\u{ff0f}x",
    "http\u{ff1a}//x",
    "1http://x",
    "\u{4f60}\u{597d}http://x",
    // www.
    "www.example.ninja",
    "WWW.Example",
    "(www.foo)",
    "w\u{200b}ww.foo",
    "so\u{200b}www.foo",
    "_www.foo_",
    "www\u{3002}foo",
    // a host, and something after it
    "example.ninja/path",
    "example.ninja:8080",
    "example.ninja?x=1",
    "what about example.ninja?",
    "example.ninja./x",
    "example.co.uk/",
    "name.github.io/x",
    "b\u{fc}cher.ninja/",
    "xn--bcher-kva.ninja/",
    "\u{4f8b}\u{3048}.\u{4e2d}\u{56fd}/",
    "\u{2615}.ws/",
    "main.py/x",
    "main.py?x=1",
    "lib.rs:80/x",
    "my.evil.rs:80",
    "ada@example.ninja/x",
    "x@example.ninja:80/x",
    // a host alone
    "example.com",
    "EXAMPLE.COM",
    "go to example.com.",
    "example.com...",
    "example.com\nnext",
    "(example.com)",
    "[x](//example.com)",
    "**example.com**, really",
    "_example.com_",
    "--example.com--",
    "example.com's",
    "a.b.c.example.io!",
    "\u{201c}example.com\u{201d}",
    "example.com\u{2014}yes",
    "\u{8bf7}\u{770b}example.com\u{ff0c}",
    "\u{8bf7}\u{8bbf}\u{95ee}example.com\u{770b}\u{770b}",
    "example.com-\u{770b}",
    "\u{65e2}\u{7136}.com",
    "example\u{3002}com",
    "example\u{ff0e}com",
    "example\u{ff61}com",
    "example\u{2024}com",
    "\u{ff45}\u{ff58}\u{ff0e}\u{ff43}\u{ff4f}\u{ff4d}",
    "exa.\u{1d41c}\u{1d428}\u{1d426}",
    "exa.\u{2102}\u{1d560}\u{1d55e}",
    "exa.\u{24d2}\u{24de}\u{24dc}",
    "exam\u{200b}ple.com",
    "example\u{200b}.\u{200d}com",
    "example.c\u{ad}om",
    "example.com\u{200b}then",
    "exa\u{200b}mple.c\u{200b}om\u{200b}then",
    "example.com-\u{200b}then",
    "wait...example.com",
    "example.com..then",
    "@example.com",
    "(@example.com)",
    "ada@\u{200b}example.com",
    "example.com@x",
    "example.com\u{0}",
    "\u{1f99e}example.com\u{1f99e}",
    "exa.\u{202e}com",
];

const HONEST: &[&str] = &[
    "",
    ".",
    "...",
    "3.14",
    "v1.2.3",
    "v1.2.3:8080",
    "e.g.",
    "e.g. this, i.e. that",
    "U.S./Canada",
    "the U.S.",
    "(etc.)",
    "etc.)/",
    "a.b.c",
    "a.m./p.m.",
    "and/or",
    "either/or?",
    "at 12:30",
    "ratio 3:1",
    "end.Then next",
    "end...then",
    "hmm...me",
    "hmm\u{2026}me",
    "Well. Me too. Come in? Co-op!",
    "Node.js",
    "Node.js/Express",
    "file.rs",
    "main.py",
    "have you read main.py?",
    "(see lib.rs?)",
    "lib.rs:10",
    "src/lib.rs:10:5: error",
    "README.md",
    "README.md?",
    "archive.zip?",
    "foo.bar()",
    "self.value",
    "std::io",
    "io.read",
    "x = y.z / w",
    "0.5/2",
    "10.0.0.0/8",
    "192.168.0.1:7600",
    "ada@example.com",
    "mail ada.l+x@example.co.uk, or first.me@example.com.",
    "is it ada@example.com?",
    "ada@example.com: hello",
    "mailto:ada@example.com",
    "ssh ada@example.com:22",
    "hxxp:x",
    "example[.]com",
    "example dot com",
    "example .com",
    "example. com",
    ".com",
    ".com/",
    "com/",
    "the .com boom",
    "://",
    "1://2",
    "www.",
    "www",
    "www. foo",
    "awww.foo",
    "\u{4f60}\u{597d}\u{3002}\u{6211}\u{662f}\u{673a}\u{5668}\u{4eba}\u{3002}",
    "\u{4f60}\u{597d}\u{3002}\u{4e2d}\u{56fd}\u{ff1f}",
    "example.company",
    "example.com_x",
    "example.com-x",
    "\u{1f600}.\u{1f600}",
    "C:\\temp\\x.txt",
    "\u{0}\u{0}.\u{0}",
];

#[test]
fn links_are_seen() {
    let links = Links::default();
    for text in LINKS {
        assert!(links.contains_link(text), "{text:?}");
    }
}

#[test]
fn honest_speech_is_let_through() {
    let links = Links::default();
    for text in HONEST {
        assert!(!links.contains_link(text), "{text:?}");
    }
}

/// Shapes that would take quadratic time, or a deep stack, if anything looked back or ahead more than once.
#[test]
fn no_shape_of_text_is_expensive() {
    let links = Links::default();
    for shape in
        ["a.", "a\u{200b}", "-\u{200b}", "a.b:1", ":1", "a@", "a.b@", "..", " ://", " 1://", "www", "\u{4e2d}a", "."]
    {
        let text = format!("a.b{}", shape.repeat(200_000));
        assert!(!links.contains_link(&text), "{shape:?}");
    }
}

#[test]
fn every_top_level_domain_of_the_setting_counts_and_no_other() {
    let links = Links::default();
    for tld in DEFAULT_BARE_TLDS {
        assert!(links.contains_link(&format!("x.{tld}")), "{tld}");
        assert!(!links.contains_link(&format!("x.{tld}q")), "{tld}");
    }
    let links = Links::new(["Ninja", "\u{4e2d}\u{56fd}"]).unwrap();
    assert!(links.contains_link("example.NINJA") && links.contains_link("x.\u{4e2d}\u{56fd}"));
    assert!(!links.contains_link("example.com"));
    let none = Links::new([""; 0]).unwrap();
    assert!(!none.contains_link("example.com") && none.contains_link("example.com/"));
}

#[test]
fn a_setting_that_is_no_label_is_named() {
    for entry in ["", ".com", "co.uk", "a b", "com/"] {
        let error = Links::new([entry]).unwrap_err();
        assert!(error.to_string().contains(&format!("{entry:?}")), "{error}");
    }
}

proptest! {
    #[test]
    fn any_text_is_judged(text in any::<String>(), rough in "[wW\\.a:/@?\u{200b}\u{3002}\u{ff0f}\u{4e2d}_-]{0,40}") {
        let links = Links::default();
        let _ = links.contains_link(&text);
        let found = links.contains_link(&rough);
        prop_assert_eq!(links.contains_link(&rough.to_uppercase()), found);
        prop_assert_eq!(links.contains_link(&format!(" {rough}\n")), found);
    }

    #[test]
    fn a_link_stays_one_wherever_it_stands(before in "[ -~]{0,20}", after in "[ -~]{0,20}") {
        let links = Links::default();
        let text = format!("{before} http://example.org {after}");
        prop_assert!(links.contains_link(&text));
        let text = format!("{before} example.com {after}");
        prop_assert!(links.contains_link(&text));
    }

    #[test]
    fn characters_without_width_hide_nothing(at in 1_usize..11, hidden in prop::sample::select(vec!["\u{200b}", "\u{ad}", "\u{feff}\u{2060}", "\u{202e}"])) {
        let mut text = "example.com".to_owned();
        text.insert_str(at, hidden);
        prop_assert!(Links::default().contains_link(&text));
    }
}
