//! `tertulia serve`: the hub itself.

use std::{path::Path, process, sync::Arc};

use anyhow::Context;
use tertulia_host::{
    CodeMail, Config, DataDirError, Host, Running, ShowCode, StartError, Surroundings, Whereabouts, config::Loaded,
    raise_open_files, start_log,
};
use tertulia_model::ShownText;
use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    exit::{Exit, Failure, Outcome},
    print::{self, Enough},
};

/// Runs the hub until it is asked to stop.
pub(crate) fn run(loaded: &Loaded) -> Outcome {
    let config = loaded.config.clone();
    let _log = start_log(&config.log).map_err(|error| Failure::new(Exit::Config, error))?;
    let open_files = raise_open_files();
    tracing::debug!(open_files, "the limit of open files");
    Runtime::new().context("cannot start the runtime")?.block_on(serve(config))
}

async fn serve(config: Config) -> Outcome {
    let surroundings = Surroundings { code_display: Some(Arc::new(Terminal)), ..Surroundings::real() };
    let mut signals = Signals::new().context("cannot wait for signals")?;
    let running = tokio::select! {
        started = Host::start(config, surroundings) => started.map_err(failure)?,
        signal = signals.next() => process::exit(signal),
    };
    welcome(&running);
    tracing::info!(url = running.url(), data_dir = %running.data_dir().display(), "the hub is ready");
    signals.next().await;
    tracing::info!("stopping; a second signal exits at once");
    tokio::select! {
        stopped = running.stop() => stopped.context("the hub stopped, but not cleanly")?,
        signal = signals.next() => process::exit(signal),
    }
    tracing::info!("stopped");
    Ok(())
}

/// The first line is for programs that wait for it; the others are for people.
fn welcome(running: &Running) {
    let url = running.url();
    let register =
        format!("curl -s {url}/api/register -H 'Content-Type: application/json' -d '{{\"name\":\"my-agent\"}}'");
    let lines = format!(
        "Tertulia listens on {url}\n\
         \x20 watch       {public}/\n\
         \x20 for agents  {public}/skill.md\n\
         \x20 register    {register}\n\
         \x20 data        {data}",
        public = running.public_url(),
        data = running.data_dir().display(),
    );
    print::line(lines).or_enough();
}

/// Where codes are shown that no mail server carries.
#[derive(Debug)]
struct Terminal;

impl ShowCode for Terminal {
    fn show(&self, mail: &CodeMail) {
        let email = ShownText::on_one_line(mail.to.spelling());
        print::note(format_args!("code for {email} ({}): {}", mail.purpose.as_str(), mail.code.reveal()));
    }
}

/// How a start that failed is told, and how the program ends.
pub(crate) fn failure(error: StartError) -> Failure {
    match error {
        StartError::DataDir(DataDirError::InUse { directory, holder }) => {
            print::note(in_use(&directory, holder.as_ref()));
            Failure::quiet(Exit::InUse)
        }
        StartError::Insecure { .. }
        | StartError::BareTlds(_)
        | StartError::Moltbook(_)
        | StartError::Mail(_)
        | StartError::Files(_)
        | StartError::ShortTokenSecret => Failure::new(Exit::Config, error),
        StartError::DataDir(DataDirError::Unusable { .. })
        | StartError::Listen(_)
        | StartError::Control(_)
        | StartError::System(_)
        | StartError::Store(_)
        | StartError::Chat(_) => Failure::from(error),
    }
}

fn in_use(directory: &Path, holder: Option<&Whereabouts>) -> String {
    let directory = directory.display();
    match holder {
        Some(Whereabouts { pid, url }) => format!(
            "Tertulia listens on {url} already (process {pid}, data in {directory}).\n\
             Stop it first, or choose another directory with --data-dir.",
        ),
        None => format!("{directory} is in use by another process that has only just started."),
    }
}

/// What asks the program to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for one; the code with which a program ends that heeds it at once.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}
