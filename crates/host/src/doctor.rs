//! Looking for what is wrong with an installation, running or not. Leaves everything as it was.

use std::{fs, io, net::TcpListener, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use serde::Serialize;
use tertulia_core::Clock;
use tertulia_objects::Objects;
use tertulia_store_sqlite::{FILE_NAME, inspect};

use crate::{
    config::{Config, Listen},
    control::{Answer, Command, ask},
    data_dir::DataDir,
    files,
    operator::chain,
};

/// What is looked at where files lie.
const FILES: &str = "files";

/// Free space below which the hub will soon refuse to write, and below which that is worth saying.
const TOO_LITTLE_SPACE: u64 = 100 << 20;
const LITTLE_SPACE: u64 = 1 << 30;

/// No machine that runs this has a clock before 2026-01-01.
const NOT_BEFORE_SECS: i64 = 1_767_225_600;

/// How far a file's time may be ahead of the clock before the clock was set back.
const FUTURE: Duration = Duration::from_mins(5);

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Works, and should be looked at.
    Doubtful,
    /// Does not work, or is not safe.
    Bad,
}

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
    /// What to do about it, unless it is good.
    pub advice: Option<String>,
}

impl Finding {
    fn good(subject: &'static str, seen: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Good, seen: seen.into(), advice: None }
    }

    fn doubtful(subject: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Doubtful, seen: seen.into(), advice: Some(advice.into()) }
    }

    fn bad(subject: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Bad, seen: seen.into(), advice: Some(advice.into()) }
    }
}

/// Looks at everything.
pub async fn examine(config: &Config, clock: &dyn Clock) -> Vec<Finding> {
    let place = directory(&config.data_dir);
    // Of a directory that can never be there nothing else is worth saying.
    let is_possible = place.verdict != Verdict::Bad || config.data_dir.is_dir();
    let mut findings = vec![exposure(config), place];
    if is_possible {
        findings.extend([permissions(&config.data_dir), space(&config.data_dir)]);
        findings.push(database(&config.data_dir).await);
    }
    findings.extend(hub(config));
    findings.push(mail(config));
    findings.push(stored_files(config).await);
    findings.push(open_files());
    findings.push(time(&config.data_dir, clock));
    findings
}

fn exposure(config: &Config) -> Finding {
    let subject = "configuration";
    let refusals = config.refusals();
    if refusals.is_empty() {
        return Finding::good(subject, format!("sound for listening on {}", config.listen));
    }
    let said: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    Finding::bad(subject, said.join(" · "), "mend or accept what is named; until then the hub does not start")
}

fn directory(path: &Path) -> Finding {
    let subject = "data directory";
    let shown = path.display();
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => {
            Finding::bad(subject, format!("{shown} is not a directory"), "choose another with --data-dir")
        }
        Ok(_) => match tempfile_in(path) {
            Ok(()) => Finding::good(subject, format!("{shown} can be written")),
            Err(error) => Finding::bad(
                subject,
                format!("{shown} cannot be written: {error}"),
                "give it to the user who runs the hub (chown), and check that its disk is not mounted read-only",
            ),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => match directory_can_be_made(path) {
            Ok(()) => Finding::good(subject, format!("{shown} is not there yet; the first start makes it")),
            Err(error) => Finding::bad(
                subject,
                format!("{shown} is not there and cannot be made: {error}"),
                "choose another with --data-dir, or make it and give it to the user who runs the hub",
            ),
        },
        Err(error) => Finding::bad(subject, format!("{shown}: {error}"), "check the permissions of the path to it"),
    }
}

/// Tries it where the first missing one of its directories would stand.
fn directory_can_be_made(path: &Path) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    for place in path.ancestors() {
        // A link that leads nowhere is there, too.
        match fs::symlink_metadata(place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(_) => return tempfile_in(place),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn tempfile_in(path: &Path) -> io::Result<()> {
    let probe = path.join(format!(".doctor-{}", std::process::id()));
    fs::File::create_new(&probe)?;
    fs::remove_file(probe)
}

fn permissions(path: &Path) -> Finding {
    let subject = "permissions";
    let open: Vec<String> = [path.to_owned(), path.join(FILE_NAME)]
        .into_iter()
        .filter(|file| fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0))
        .map(|file| file.display().to_string())
        .collect();
    if open.is_empty() {
        return Finding::good(subject, "nobody but the owner can read the hub's files");
    }
    let open = open.join(" ");
    Finding::bad(subject, format!("others than the owner have rights on {open}"), format!("chmod go-rwx {open}"))
}

fn space(path: &Path) -> Finding {
    let subject = "disk space";
    // Until the directory is made, what counts is where it will be.
    let place = path.ancestors().find(|place| place.exists()).unwrap_or(Path::new("."));
    match fs4::available_space(place) {
        Err(error) => Finding::doubtful(subject, format!("unknown: {error}"), "look with df"),
        Ok(bytes) => {
            let seen = format!("{} MiB are free", bytes >> 20);
            let advice = "free some: when the disk is full, agents get 503 STORAGE_FULL and reading goes on";
            match bytes {
                ..TOO_LITTLE_SPACE => Finding::bad(subject, seen, advice),
                TOO_LITTLE_SPACE..LITTLE_SPACE => Finding::doubtful(subject, seen, advice),
                _ => Finding::good(subject, seen),
            }
        }
    }
}

async fn database(path: &Path) -> Finding {
    let subject = "database";
    let file = path.join(FILE_NAME);
    if !file.exists() {
        return Finding::good(subject, "there is none yet; the first start makes it");
    }
    let restore = "stop the hub, keep the file, and restore a backup: tertulia restore FILE";
    match inspect(&file).await {
        Ok(held) if held.findings.is_empty() => Finding::good(
            subject,
            format!(
                "schema {}, epoch {}, {} agents, {} messages; sound",
                held.schema_version, held.epoch.0, held.agents, held.messages
            ),
        ),
        Ok(held) => Finding::bad(subject, held.findings.join("; "), restore),
        Err(error) => Finding::bad(subject, crate::operator::chain(&error), restore),
    }
}

/// The running hub, or else whether its port is free.
fn hub(config: &Config) -> Vec<Finding> {
    let subject = "port";
    if let Some(holder) = DataDir::holder(&config.data_dir) {
        let mut findings = vec![Finding::good(subject, format!("the hub runs and listens on {}", holder.url))];
        findings.push(control(&config.data_dir));
        return findings;
    }
    let address = config.listen.address();
    let finding = match (TcpListener::bind(address), config.listen) {
        (Ok(_), _) => Finding::good(subject, format!("{address} is free")),
        (Err(error), Listen::FirstFree) if error.kind() == io::ErrorKind::AddrInUse => {
            Finding::good(subject, format!("{address} is another program's; the next free port will be taken"))
        }
        (Err(error), Listen::FirstFree | Listen::At(_)) => Finding::bad(
            subject,
            format!("cannot listen on {address}: {error}"),
            "choose another with --listen, or find out who has it (ss -ltnp)",
        ),
    };
    vec![finding]
}

fn control(data_dir: &Path) -> Finding {
    let subject = "running hub";
    match ask(data_dir, &Command::Status) {
        Ok(Answer::Status(status)) if status.foreign_forwarding => Finding::doubtful(
            subject,
            "a forwarding header came from an address that is not a trusted proxy, and was ignored",
            "if it is your proxy, name it in trusted_proxies; else a client lies, in vain",
        ),
        Ok(_) => Finding::good(subject, "answers on its control socket"),
        Err(error) => Finding::bad(
            subject,
            crate::operator::chain(&error),
            "restart the hub; commands for the running hub will not work until then",
        ),
    }
}

fn mail(config: &Config) -> Finding {
    let subject = "mail";
    match (&config.mail.host, config.serves_loopback_only()) {
        (Some(host), _) => match crate::mail::server(config) {
            Ok(_) => Finding::good(subject, format!("codes are sent through {host}")),
            Err(problem) => Finding::bad(subject, problem.to_string(), "see the section [mail] in docs/operating.md"),
        },
        (None, true) => Finding::good(
            subject,
            "no mail server is configured: codes are shown on the terminal and by `tertulia admin outbox`",
        ),
        (None, false) => Finding::doubtful(
            subject,
            "no mail server is configured, so nobody can register, recover or rotate a key by e-mail (503 OTP_FAILED)",
            "set mail.host and mail.from, and mail.user and mail.password if the server asks for them",
        ),
    }
}

async fn stored_files(config: &Config) -> Finding {
    let directory = files::directory(&config.files, &config.data_dir);
    match files::bucket(&config.files) {
        Err(error) => Finding::bad(FILES, chain(&error), "set what is missing in the section [files]"),
        Ok(Some(bucket)) => {
            let seen = format!("attachments and pictures are in the bucket `{}`", bucket.name);
            let opened = Objects::in_bucket(&bucket).map_err(|error| chain(&error));
            let advice = "check the section [files], and whether its server runs";
            probed(opened, seen, advice).await
        }
        Ok(None) => match fs::metadata(&directory) {
            Ok(metadata) => in_directory(&directory, &metadata).await,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Finding::good(FILES, format!("{} is not there yet; the next start makes it", directory.display()))
            }
            Err(error) => {
                let seen = format!("{}: {error}", directory.display());
                Finding::bad(FILES, seen, "check the permissions of the path to it")
            }
        },
    }
}

async fn in_directory(directory: &Path, metadata: &fs::Metadata) -> Finding {
    let shown = directory.display();
    if !metadata.is_dir() {
        return Finding::bad(FILES, format!("{shown} is not a directory"), "name another with files.directory");
    }
    let opened = Objects::on_disk(directory).map_err(|error| chain(&error));
    let advice = format!("let the hub write to {shown}, or name another with files.directory");
    let finding = probed(opened, format!("attachments and pictures are in {shown}"), &advice).await;
    if finding.verdict == Verdict::Good && metadata.permissions().mode() & 0o077 != 0 {
        return Finding::doubtful(FILES, format!("{shown}: other users may enter"), format!("chmod 700 {shown}"));
    }
    finding
}

/// Whether objects can be written and removed there.
async fn probed(opened: Result<Objects, String>, seen: String, advice: &str) -> Finding {
    let probed = match opened {
        Ok(objects) => objects.probe().await.map_err(|error| chain(&error)),
        Err(problem) => Err(problem),
    };
    match probed {
        Ok(()) => Finding::good(FILES, seen),
        Err(problem) => Finding::bad(FILES, format!("{seen}, and nothing can be written there: {problem}"), advice),
    }
}

fn open_files() -> Finding {
    let subject = "open files";
    let (_, hard) = rlimit::getrlimit(rlimit::Resource::NOFILE).unwrap_or((0, 0));
    let seen = format!("at most {hard}, connections included");
    if hard < 4_096 {
        return Finding::doubtful(subject, seen, "raise the hard limit (ulimit -Hn, LimitNOFILE=) for many readers");
    }
    Finding::good(subject, seen)
}

fn time(data_dir: &Path, clock: &dyn Clock) -> Finding {
    let subject = "clock";
    let now = clock.now();
    let advice = "set the clock, best with NTP: messages and limits are dated by it";
    if now.as_secs() < NOT_BEFORE_SECS {
        return Finding::bad(subject, format!("it says {now}, which is long ago"), advice);
    }
    let written = fs::metadata(data_dir.join(FILE_NAME)).and_then(|metadata| metadata.modified());
    let written = written.ok().and_then(|written| written.duration_since(std::time::UNIX_EPOCH).ok());
    let since_1970 = Duration::from_micros(u64::try_from(now.as_micros()).unwrap_or(0));
    if written.is_some_and(|written| written > since_1970 + FUTURE) {
        return Finding::doubtful(subject, format!("it says {now}; the database was written later than that"), advice);
    }
    Finding::good(subject, now.to_string())
}
