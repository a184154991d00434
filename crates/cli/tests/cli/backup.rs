//! Copies of everything, and back.

use std::{fs, path::Path};

use crate::hub::{Hub, run, tertulia};

fn restore(directory: &Path, file: &Path) -> crate::hub::Ended {
    run(tertulia().arg("restore").arg(file).arg("--data-dir").arg(directory))
}

fn register(hub: &Hub, name: &str) {
    run(&mut hub.command(&["register", name])).well();
}

fn names(directory: &Path) -> Vec<String> {
    let list = run(tertulia().args(["admin", "list", "--data-dir"]).arg(directory)).well();
    list.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn a_backup_of_a_running_hub_comes_back_under_a_new_epoch() {
    let (place, hub) = Hub::fresh();
    let directory = hub.directory.clone();
    let file = place.path().join("copy.db");
    register(&hub, "ada");
    run(hub.command(&["backup"]).arg(&file)).well();
    register(&hub, "later");

    let again = run(hub.command(&["backup"]).arg(&file));
    assert_eq!(again.code(), 5, "a backup never replaces a file");
    let too_soon = restore(&directory, &file);
    assert_eq!(too_soon.code(), 3, "{too_soon:?}");
    assert!(too_soon.complained().contains("stop the hub first"), "{too_soon:?}");

    hub.stop();
    assert_eq!(names(&directory), ["ada", "later"]);
    let restored = restore(&directory, &file).well();
    assert!(restored.starts_with("restored 1 agents and 0 messages as epoch 2\n"), "{restored}");
    assert_eq!(names(&directory), ["ada"]);

    // What was replaced is there, and can come back the same way.
    let aside = restored.trim_end().rsplit_once(' ').unwrap().1;
    let back = restore(&directory, Path::new(aside)).well();
    assert!(back.starts_with("restored 2 agents and 0 messages as epoch 3\n"), "{back}");
    Hub::start(&directory, &["--port", "0"]).stop();
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_is_touched() {
    let (place, hub) = Hub::fresh();
    let directory = hub.directory.clone();
    let file = place.path().join("copy.db");
    register(&hub, "ada");
    run(hub.command(&["backup"]).arg(&file)).well();
    hub.stop();

    let whole = fs::read(&file).unwrap();
    let database = fs::read(directory.join("hub.db")).unwrap();
    for (what, bytes) in
        [("cut short", &whole[..whole.len() / 2]), ("no database", b"hello".as_slice()), ("empty", b"")]
    {
        fs::write(&file, bytes).unwrap();
        let refused = restore(&directory, &file);
        assert_eq!(refused.code(), 1, "{what}: {refused:?}");
        assert_eq!(fs::read(directory.join("hub.db")).unwrap(), database, "{what}");
        let nowhere = place.path().join("new");
        assert_eq!(restore(&nowhere, &file).code(), 1, "{what}");
        assert!(!nowhere.exists(), "{what}: nothing is made for a backup that is refused");
    }
    assert_eq!(names(&directory), ["ada"]);
}

#[test]
fn a_backup_needs_a_hub_that_was_there_before() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("nothing");
    let refused = run(tertulia().args(["backup", "copy.db", "--data-dir"]).arg(&directory));
    assert_eq!(refused.code(), 1);
    assert!(refused.complained().contains("there is no hub in"), "{refused:?}");
    assert!(!directory.exists());
}
