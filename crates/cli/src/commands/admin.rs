//! `tertulia admin`: the operator's commands, to the running hub over its control socket, or else to its database.

use anyhow::anyhow;
use tertulia_host::{
    Config, DATABASE_FILE, Host, Surroundings,
    control::{
        AgentLine, Answer, AskError, AuditLine, CodeLine, Command, OutboxLine, ReportLine, Standing, Status, ask,
    },
};
use tertulia_model::ShownText;

use crate::{
    args::{AdminCommand, Output, ReportsCommand, TrustCommand},
    commands::{serve, wait_for},
    exit::{Exit, Failure, Outcome},
    print::{self, Enough, Gone},
};

/// Does what the operator wants.
pub(crate) fn run(command: AdminCommand, config: &Config) -> Outcome {
    let (command, output) = translate(command);
    wait_for(async {
        if let Command::List { state, .. } = command {
            return list(config, state, output).await;
        }
        show(&carry_out(config, command).await?, output)
    })
}

fn translate(command: AdminCommand) -> (Command, Output) {
    match command {
        AdminCommand::Suspend { name, output } => (Command::Suspend { name }, output.output()),
        AdminCommand::Unsuspend { name, output } => (Command::Unsuspend { name }, output.output()),
        AdminCommand::Pause { name, mode, output } => (Command::Pause { name, mode }, output.output()),
        AdminCommand::Unpause { name, output } => (Command::Unpause { name }, output.output()),
        AdminCommand::Restrict { name, output } => (Command::Restrict { name }, output.output()),
        AdminCommand::Unrestrict { name, output } => (Command::Unrestrict { name }, output.output()),
        AdminCommand::DeleteMessage { id, output } => (Command::DeleteMessage { id }, output.output()),
        AdminCommand::List { state, output } => (Command::List { state, after: None }, output.output()),
        AdminCommand::Audit { limit, output } => (Command::Audit { limit }, output.output()),
        AdminCommand::Trust(command) => translate_trust(command),
        AdminCommand::Reports(ReportsCommand::List { about, limit, output }) => {
            (Command::Reports { about, limit }, output.output())
        }
        AdminCommand::Outbox { output } => (Command::Outbox, output.output()),
        AdminCommand::Status { output } => (Command::Status, output.output()),
    }
}

fn translate_trust(command: TrustCommand) -> (Command, Output) {
    match command {
        TrustCommand::Seed { name, output } => (Command::Seed { name }, output.output()),
        TrustCommand::Unseed { name, output } => (Command::Unseed { name }, output.output()),
        TrustCommand::Quarantine { name, reason, output } => (Command::Quarantine { name, reason }, output.output()),
        TrustCommand::Release { name, output } => (Command::Release { name }, output.output()),
        TrustCommand::Show { name, output } => (Command::Standing { name }, output.output()),
    }
}

/// Asks the running hub; without one, opens its database and does it here.
pub(crate) async fn carry_out(config: &Config, command: Command) -> Result<Answer, Failure> {
    let answer = match ask(&config.data_dir, &command) {
        Err(AskError::NoHub { directory }) => {
            if !directory.join(DATABASE_FILE).exists() {
                let why = anyhow!("there is no hub in {}; name its directory with --data-dir", directory.display());
                return Err(Failure::new(Exit::Failed, why));
            }
            let offline = Host::open(config, &Surroundings::real()).await.map_err(serve::failure)?;
            let answer = offline.operator().carry_out(command).await;
            offline.close().await?;
            answer
        }
        answered => answered.map_err(|error| Failure::new(Exit::Unreachable, error))?,
    };
    if let Answer::Refused { reason } = answer {
        return Err(Failure::new(Exit::Refused, anyhow!(reason)));
    }
    Ok(answer)
}

/// All pages of the list.
async fn list(config: &Config, state: Option<String>, output: Output) -> Outcome {
    let mut after = None;
    loop {
        let command = Command::List { state: state.clone(), after };
        let Answer::Agents { agents } = carry_out(config, command).await? else { return Err(unexpected()) };
        let Some(last) = agents.last() else { return Ok(()) };
        let printed = agents.iter().try_for_each(|agent| match output {
            Output::Json => print::json(agent),
            Output::Text => print::line(agent_line(agent)),
        });
        if printed.is_err() {
            return Ok(());
        }
        after = Some(last.name.clone());
    }
}

fn show(answer: &Answer, output: Output) -> Outcome {
    if output == Output::Json {
        print::json(answer).or_enough();
        return Ok(());
    }
    let printed: Result<(), Gone> = match answer {
        Answer::Done { changed: true } => print::line("done"),
        Answer::Done { changed: false } => print::line("nothing to do: it was so already"),
        Answer::Status(status) => print::line(status_lines(status)),
        Answer::Audit { entries } => entries.iter().try_for_each(|entry| print::line(audit_line(entry))),
        Answer::Standing(standing) => print::line(standing_lines(standing)),
        Answer::Reports { entries } if entries.is_empty() => print::line("nobody is reported"),
        Answer::Reports { entries } => entries.iter().try_for_each(|entry| print::line(report_line(entry))),
        Answer::Outbox { entries, codes } if entries.is_empty() && codes.is_empty() => print::line("nothing waits"),
        Answer::Outbox { entries, codes } => {
            let lines = codes.iter().map(code_line).chain(entries.iter().map(outbox_line));
            lines.into_iter().try_for_each(print::line)
        }
        Answer::Agents { .. } | Answer::BackedUp { .. } | Answer::Refused { .. } => return Err(unexpected()),
    };
    printed.or_enough();
    Ok(())
}

/// What a hub of another version may say.
pub(crate) fn unexpected() -> Failure {
    Failure::new(Exit::Failed, anyhow!("the hub answered something else than it was asked; is it another version?"))
}

fn agent_line(agent: &AgentLine) -> String {
    format!("{:<32} {:<10} {} {}", agent.name, agent.state, agent.created_at, agent.id)
}

fn audit_line(entry: &AuditLine) -> String {
    let agent = entry.agent.as_deref().unwrap_or("-");
    let detail = ShownText::on_one_line(entry.detail.as_deref().unwrap_or_default());
    format!("{} {:<10} {:<20} {agent} {detail}", entry.at, entry.actor, entry.action).trim_end().to_owned()
}

fn code_line(entry: &CodeLine) -> String {
    let email = ShownText::on_one_line(&entry.email);
    format!("{:<8} {} {email:<20} {} until {}", "code", entry.code, entry.purpose, entry.expires_at)
}

fn outbox_line(entry: &OutboxLine) -> String {
    let reason = ShownText::on_one_line(entry.reason.as_deref().unwrap_or_default());
    let OutboxLine { state, agent, target, topic, at, attempts, .. } = entry;
    format!("{state:<8} {at} {agent:<20} {topic:<16} {attempts} {target} {reason}").trim_end().to_owned()
}

fn report_line(entry: &ReportLine) -> String {
    let ReportLine { at, reporter, agent, community, channel, .. } = entry;
    let place = match (community, channel) {
        (Some(community), Some(channel)) => format!("{community} #{channel}"),
        (Some(community), None) => format!("{community} (a deleted channel)"),
        (None, _) => "(a deleted place)".to_owned(),
    };
    let (place, reason) =
        (ShownText::on_one_line(&place), ShownText::on_one_line(entry.reason.as_deref().unwrap_or_default()));
    format!("{at} {reporter} reported {agent} in {place}: {reason}").trim_end_matches([':', ' ']).to_owned()
}

fn standing_lines(standing: &Standing) -> String {
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let holds = or_none(standing.holds.join(", "));
    let computed = standing.computed_at.as_ref().map_or("not computed yet".to_owned(), |at| format!("computed {at}"));
    let Standing { name, tier, score, seed, karma, flags, vouches_given, vouches_received, .. } = standing;
    let seed = if *seed { "yes" } else { "no" };
    format!(
        "name      {name}\ntier      {tier}\nscore     {score:.4} ({computed})\nkarma     {karma}\n\
         holds     {holds}\nseed      {seed}\nflags     {flags} against it\n\
         vouches   {vouches_received} for it, {vouches_given} by it",
    )
}

fn status_lines(status: &Status) -> String {
    let url = if status.url.is_empty() { "(not running)" } else { &status.url };
    format!(
        "version   {}\nurl       {url}\nprocess   {}\nepoch     {}\nagents    {} ({} online)\nmessages  {}",
        status.version, status.pid, status.epoch, status.agents, status.online, status.messages,
    )
}
