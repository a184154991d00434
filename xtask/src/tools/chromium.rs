//! The browser for tests of the pages: whichever Chromium is there, else Debian's.

use std::path::PathBuf;

use anyhow::Context;

use super::{Apt, Skipped};
use crate::process::on_path;

/// Names under which distributions install it, in the order in which we prefer them.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// With a font for the avatars, which are emoji.
const PACKAGES: [&str; 2] = ["chromium", "fonts-noto-color-emoji"];

/// The browser's program.
///
/// # Errors
///
/// When there is none and it cannot be installed.
pub(crate) fn chromium(apt: &mut Apt) -> Result<PathBuf, Skipped> {
    found()
        .map_or_else(|| apt.install(&PACKAGES).and_then(|()| found().context("apt installed no `chromium`")), Ok)
        .map_err(|error| Skipped::new("tests in Chromium", format_args!("{error:#}")))
}

fn found() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| on_path(name))
}
