//! What a hub has written down, looked at from outside.

use std::fs;

use tertulia_store_sqlite::{FILE_NAME, Inspection, inspect};

use crate::{app::TestApp, within};

impl TestApp {
    /// What its database holds; the hub may be running.
    ///
    /// # Panics
    ///
    /// If it is no database of a hub, or not sound.
    pub async fn inspected(&self) -> Inspection {
        let file = self.directory().join(FILE_NAME);
        let inspection = within("the database to be read", inspect(&file)).await.expect("a hub's database");
        assert_eq!(inspection.findings, Vec::<String>::new(), "the database is sound");
        inspection
    }

    /// The files of its data directory that hold these bytes; to be asked when the hub is stopped and has tidied up.
    ///
    /// # Panics
    ///
    /// If a file cannot be read.
    #[must_use]
    pub fn files_with(&self, bytes: &[u8]) -> Vec<String> {
        let entries = fs::read_dir(self.directory()).expect("a directory").map(|entry| entry.expect("an entry").path());
        let holds = |content: Vec<u8>| content.windows(bytes.len()).any(|window| window == bytes);
        let files = entries.filter(|path| path.is_file() && holds(fs::read(path).expect("a readable file")));
        files.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
    }
}
