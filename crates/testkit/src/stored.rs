//! What a hub has written down, looked at from outside.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use tertulia_model::{ConversationId, Timestamp};
use tertulia_store::{Commit, Hub, Messages, Rooms};
use tertulia_store_sqlite::{FILE_NAME, Inspection, SqliteOptions, SqliteStore, inspect};

use crate::{app::TestApp, program::Installation, within};

impl TestApp {
    /// What its database holds; the hub may be running.
    ///
    /// # Panics
    ///
    /// If it is no database of a hub, or not sound.
    pub async fn inspected(&self) -> Inspection {
        inspected(self.directory()).await
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

impl Installation {
    /// As [`TestApp::inspected`].
    ///
    /// # Panics
    ///
    /// As there.
    pub async fn inspected(&self) -> Inspection {
        inspected(&self.data_directory()).await
    }

    /// Lets rooms end so long from now, while no hub runs: the time they were created for would be too long for a test.
    /// What has been swept is passed over.
    ///
    /// # Panics
    ///
    /// If the database cannot be written, or an id is none.
    #[expect(clippy::disallowed_methods, reason = "a program as a process of its own has the real time")]
    pub async fn let_end(&self, rooms: &[String], after: Duration) {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock that was set");
        let end = Timestamp::default() + since_1970 + after;
        let store = SqliteStore::open(&self.data_directory(), &SqliteOptions::default()).await.expect("a store");
        let mut commit = Commit::default();
        for id in rooms {
            let id = ConversationId::from_uuid(id.parse().expect("the id of a room"));
            let room = within("a room", store.room(id)).await.expect("a readable store");
            commit.endings.extend(room.map(|room| (room.number, end)));
        }
        within("a commit", store.commit(&commit)).await.expect("a writable store");
        store.close().await;
    }
}

async fn inspected(directory: &Path) -> Inspection {
    let inspection = within("the database to be read", inspect(&directory.join(FILE_NAME))).await;
    let inspection = inspection.expect("a hub's database");
    assert_eq!(inspection.findings, Vec::<String>::new(), "the database is sound");
    inspection
}
