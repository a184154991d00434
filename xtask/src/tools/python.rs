//! Packages for Python: what the published example needs, AgentChat's SDK with what it speaks HTTP and WebSocket
//! through, and the prober that tries every operation of the API.
//!
//! They live in a virtual environment; where the machine's Python cannot make one, in a plain folder behind a script
//! that stands where the environment's interpreter would.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Apt, Skipped, require_program, stamp, text};
use crate::process::{output, succeeds};

/// Exact, so that a fixed seed means the same requests every time.
const PACKAGES: [&str; 7] = [
    "agentchatme==1.1.1",
    "httpx==0.28.1",
    "pydantic==2.14.3",
    "requests==2.34.2",
    "schemathesis==4.32.5",
    "sseclient-py==1.9.0",
    "websockets==15.0.1",
];

/// The interpreter that sees the packages, made under `tools` if need be.
///
/// # Errors
///
/// When Python or a package cannot be had.
pub(crate) fn python(tools: &Path, apt: &mut Apt) -> Result<PathBuf, Skipped> {
    prepare(&tools.join("python"), apt).map_err(|error| Skipped::new("tests with Python", format_args!("{error:#}")))
}

fn prepare(folder: &Path, apt: &mut Apt) -> anyhow::Result<PathBuf> {
    require_program(apt, "python3", &["python3", "python3-venv"])?;
    // An environment made by another Python does not work with this one.
    let version = output(Command::new("python3").args(["-c", "import sys; print(sys.version, sys.prefix)"]))?;
    let interpreter = folder.join("bin").join("python");
    stamp::make_once(folder, &format!("{version}{}", PACKAGES.join("\n")), || {
        if make_environment(folder, apt) {
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            return output(Command::new(&interpreter).args(pip).args(PACKAGES)).map(drop);
        }
        install_beside(folder, &interpreter)
    })?;
    Ok(interpreter)
}

/// Makes a virtual environment with pip; says whether it could.
fn make_environment(folder: &Path, apt: &mut Apt) -> bool {
    let make = || succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    make() || (apt.install(&["python3-venv"]).is_ok() && make())
}

/// Installs the packages into a folder and writes a script that starts Python with them.
fn install_beside(folder: &Path, interpreter: &Path) -> anyhow::Result<()> {
    let packages = folder.join("packages");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"];
    output(Command::new("python3").args(pip).arg(&packages).args(PACKAGES))?;
    let script = format!("#!/bin/sh\nPYTHONPATH='{}' exec python3 \"$@\"\n", text(&packages));
    fs::create_dir_all(folder.join("bin"))?;
    // A venv that failed half-way leaves a link to the real interpreter here; writing through it would hit that file.
    if interpreter.is_symlink() || interpreter.exists() {
        fs::remove_file(interpreter)?;
    }
    fs::write(interpreter, script)?;
    output(Command::new("chmod").arg("+x").arg(interpreter)).map(drop)
}
