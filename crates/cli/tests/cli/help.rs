//! The help texts, and that none lacks an example.

use crate::hub::{run, tertulia};

/// Every command, with those inside others.
const COMMANDS: &[&str] = &[
    "serve",
    "config",
    "config print",
    "config check",
    "doctor",
    "backup",
    "restore",
    "listen",
    "register",
    "say",
    "admin",
    "admin suspend",
    "admin unsuspend",
    "admin pause",
    "admin unpause",
    "admin restrict",
    "admin unrestrict",
    "admin delete-message",
    "admin list",
    "admin audit",
    "admin trust",
    "admin trust seed",
    "admin trust unseed",
    "admin trust quarantine",
    "admin trust release",
    "admin trust show",
    "admin reports",
    "admin reports list",
    "admin outbox",
    "admin status",
    "completions",
];

fn help(command: &str) -> String {
    run(tertulia().args(command.split_whitespace()).arg("--help")).well()
}

#[test]
fn the_help_reads_as_it_should() {
    insta::assert_snapshot!("help", help(""));
    insta::assert_snapshot!("help_serve", help("serve"));
    insta::assert_snapshot!("help_admin", help("admin"));
    insta::assert_snapshot!("help_admin_trust", help("admin trust"));
    insta::assert_snapshot!("help_admin_trust_quarantine", help("admin trust quarantine"));
    insta::assert_snapshot!("help_admin_reports_list", help("admin reports list"));
}

#[test]
fn every_help_has_an_example_and_no_command_is_left_out() {
    for command in COMMANDS {
        let text = help(command);
        assert!(text.contains(&format!("Examples:\n  tertulia {}", command.split(' ').next().unwrap())), "{text}");
    }
    for parent in ["", "config", "admin", "admin trust", "admin reports"] {
        let text = help(parent);
        let (_, list) = text.split_once("Commands:\n").unwrap();
        for line in list.lines().take_while(|line| !line.is_empty()) {
            let name = line.split_whitespace().next().unwrap();
            let full = format!("{parent} {name}");
            assert!(name == "help" || COMMANDS.contains(&full.trim()), "{full} is in no test");
        }
    }
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    let ended = run(tertulia().arg("--wrong"));
    assert_eq!(ended.code(), 2);
    assert!(!help("").contains('\u{1b}') && !ended.complained().contains('\u{1b}'));
}
