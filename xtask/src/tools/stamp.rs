//! Doing a preparation once: a stamp file holds what a folder was made from.

use std::{fs, path::Path};

use anyhow::Context;

/// Name of the stamp inside the folder.
const STAMP: &str = "made-from.txt";

/// Empties `folder` and runs `make`, unless the folder was completely made from the same `wanted` before.
///
/// The stamp is written last, so an interrupted preparation is begun again.
///
/// # Errors
///
/// When the folder cannot be written, or what `make` failed with.
pub(crate) fn make_once(folder: &Path, wanted: &str, make: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let stamp = folder.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    make()?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

#[cfg(test)]
mod tests {
    use std::{env, path::PathBuf, process};

    use super::*;

    /// A folder of this test alone, gone when it ends.
    struct Fresh(PathBuf);

    impl Fresh {
        fn new(name: &str) -> Self {
            Self(env::temp_dir().join(format!("xtask-stamp-{name}-{}", process::id())))
        }
    }

    impl Drop for Fresh {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn the_same_list_is_made_once_and_another_list_anew() {
        let folder = Fresh::new("again");
        let mut made = Vec::new();

        for wanted in ["one", "one", "two", "two"] {
            make_once(&folder.0, wanted, || {
                made.push(wanted);
                Ok(())
            })
            .unwrap();
        }

        assert_eq!(made, ["one", "two"]);
    }

    #[test]
    fn a_preparation_that_failed_is_begun_again_in_an_empty_folder() {
        let folder = Fresh::new("failed");
        let failed = make_once(&folder.0, "one", || {
            fs::write(folder.0.join("half"), "")?;
            anyhow::bail!("cut off")
        });
        assert_eq!(failed.unwrap_err().to_string(), "cut off");

        let mut half_was_there = true;
        make_once(&folder.0, "one", || {
            half_was_there = folder.0.join("half").exists();
            Ok(())
        })
        .unwrap();

        assert!(!half_was_there);
    }
}
