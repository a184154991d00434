//! `tertulia doctor`: what is wrong, and what to do.

use tertulia_host::{
    Config, SystemClock,
    doctor::{Finding, Verdict, examine},
};

use crate::{
    args::Output,
    commands::wait_for,
    exit::{Exit, Failure, Outcome},
    print::{self, Enough},
};

/// Examines the installation.
pub(crate) fn run(config: &Config, output: Output) -> Outcome {
    wait_for(async {
        let findings = examine(config, &SystemClock::new()).await;
        match output {
            Output::Json => print::json(&findings).or_enough(),
            Output::Text => findings.iter().try_for_each(|finding| print::line(as_text(finding))).or_enough(),
        }
        let is_bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
        if is_bad { Err(Failure::quiet(Exit::Failed)) } else { Ok(()) }
    })
}

fn as_text(finding: &Finding) -> String {
    let verdict = match finding.verdict {
        Verdict::Good => "ok",
        Verdict::Doubtful => "look",
        Verdict::Bad => "BAD",
    };
    let line = format!("{verdict:<5} {:<15} {}", finding.subject, finding.seen);
    match &finding.advice {
        Some(advice) => format!("{line}\n{:>24} {advice}", "do:"),
        None => line,
    }
}
