//! Accounts that stand behind an e-mail address.

use std::time::Duration;

use futures_util::future::join_all;
use tertulia_model::{AgentNo, AgentState, CodeId, CodePurpose, Email, Pause, Timestamp, random_uuid};

use super::fixtures::{START, agent, digest, entry, join, key, minute, open, register};
use crate::{
    Account, DirectoryQuery, EmailBinding, EmailBounds, EmailCode, EmailRegistration, Guessing, MOST_UNSENT, NewAgent,
    NewCode, Newcomer, ProfileChange, Registrable, Store, StoreError, Telling, Told, UnsentMail,
};

const ROOMY: EmailBounds = EmailBounds { live: 100, ever: 100 };

fn email(text: &str) -> Email {
    Email::parse(text).expect("the case names an address")
}

fn id(number: u8) -> CodeId {
    CodeId::from_uuid(random_uuid([number; 16]))
}

/// A code for a recovery at `kim@example.org`, of this number, that lasts ten minutes.
fn code(number: u8) -> NewCode {
    NewCode {
        id: id(number),
        code: EmailCode { purpose: CodePurpose::Recover, email: email("Kim@example.org"), agent: None, newcomer: None },
        digest: digest(number),
        expires_at: minute(10),
    }
}

/// Tells code 1 as if it were the code `guess`.
fn telling(guess: u8) -> Telling {
    Telling {
        id: id(1),
        purpose: CodePurpose::Recover,
        by: None,
        digest: digest(guess),
        most_attempts: 5,
        guessing: None,
        now: START,
    }
}

async fn sign_up(store: &dyn Store, name: &str, at: &str, most: EmailBounds) -> Result<EmailRegistration, StoreError> {
    sign_up_as(store, &agent(name), at, most).await
}

async fn sign_up_as(
    store: &dyn Store,
    agent: &NewAgent,
    at: &str,
    most: EmailBounds,
) -> Result<EmailRegistration, StoreError> {
    let number = agent.name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    store.register_with_email(agent, &key("one_", number), &email(at), most).await
}

/// Registers one that must succeed.
async fn signed_up(store: &dyn Store, name: &str, at: &str) -> Result<AgentNo, StoreError> {
    match sign_up(store, name, at, ROOMY).await? {
        EmailRegistration::Registered { agent, .. } => Ok(agent.number),
        refused @ (EmailRegistration::NameTaken | EmailRegistration::TooManyLive | EmailRegistration::TooManyEver) => {
            panic!("{name} is free: {refused:?}")
        }
    }
}

/// With its key, and its address is shown to itself in the spelling given.
pub async fn an_agent_with_an_address_is_written_whole(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let outcome = store.register_with_email(&agent("ada"), &key("one_", 1), &email("Ada@example.org"), ROOMY).await?;
    let EmailRegistration::Registered { agent: ada, credential } = outcome else { panic!("the name is free") };
    assert_eq!((&*ada.name, ada.state, ada.pause, ada.restriction.is_some()), ("ada", AgentState::Active, None, false));
    let (found, found_credential) = store.agent_by_key(&digest(1)).await?.expect("the key is live");
    assert_eq!((&found, &found_credential), (&ada, &credential));
    assert_eq!(store.account(ada.number).await?.email.as_deref(), Some("Ada@example.org"));
    let bob = join(store, "bob").await?;
    assert_eq!(store.account(bob).await?, Account::default());
    Ok(())
}

/// Those of a deleted agent among those that ever were, and in no case of the address.
pub async fn agents_of_an_address_are_counted(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = signed_up(store, "ada", "kim@example.org").await?;
    let bob = signed_up(store, "bob", "KIM@example.org").await?;
    signed_up(store, "eve", "joe@example.org").await?;
    let of = |name: &'static str| store.registrable(name, "kim@example.org", START);
    assert_eq!(of("new").await?, Registrable { is_name_taken: false, live: 2, ever: 2 });
    assert!(of("ada").await?.is_name_taken);
    assert!(store.change_state(bob, AgentState::Active, AgentState::Suspended, &entry("x", Some(bob))).await?);
    assert_eq!(of("new").await?.live, 2);
    store.delete_agent(ada, &entry("agent.deleted", Some(ada))).await?.expect("it is active");
    assert_eq!(of("ada").await?, Registrable { is_name_taken: true, live: 1, ever: 2 });
    let nobody = store.registrable("new", "nobody@example.org", START).await?;
    assert_eq!(nobody, Registrable { is_name_taken: false, live: 0, ever: 0 });
    let names = |agents: Vec<crate::AgentRecord>| agents.into_iter().map(|agent| agent.name).collect::<Vec<_>>();
    assert_eq!(names(store.agents_of_email("kim@example.org", 10).await?), ["bob".into()]);
    signed_up(store, "zoe", "kim@example.org").await?;
    assert_eq!(names(store.agents_of_email("kim@example.org", 10).await?), ["bob".into(), "zoe".into()]);
    assert_eq!(names(store.agents_of_email("kim@example.org", 1).await?), ["bob".into()]);
    Ok(())
}

/// Whatever the bound that stands in the way, nothing is written.
pub async fn an_address_has_so_many_agents(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let most = EmailBounds { live: 1, ever: 2 };
    let ada = signed_up(store, "ada", "kim@example.org").await?;
    let refused = sign_up(store, "bob", "Kim@example.org", most).await?;
    assert_eq!(refused, EmailRegistration::TooManyLive);
    assert_eq!(sign_up(store, "ada", "other@example.org", most).await?, EmailRegistration::NameTaken);
    assert_eq!(store.agent_by_name("bob").await?, None);
    store.delete_agent(ada, &entry("agent.deleted", Some(ada))).await?.expect("it is active");
    let bob = match sign_up(store, "bob", "kim@example.org", most).await? {
        EmailRegistration::Registered { agent, .. } => agent.number,
        refused @ (EmailRegistration::NameTaken | EmailRegistration::TooManyLive | EmailRegistration::TooManyEver) => {
            panic!("there is room for one: {refused:?}")
        }
    };
    store.delete_agent(bob, &entry("agent.deleted", Some(bob))).await?.expect("it is active");
    assert_eq!(sign_up(store, "eve", "kim@example.org", most).await?, EmailRegistration::TooManyEver);
    assert_eq!(store.agent_by_name("eve").await?, None);
    Ok(())
}

/// Once, and within the same bounds; what is refused writes nothing.
pub async fn an_address_is_bound_to_an_agent_that_has_none(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let most = EmailBounds { live: 1, ever: 2 };
    let bind = async |agent: AgentNo, at: &str| {
        store.bind_email(agent, &email(at), most, &entry("agent.email_bound", Some(agent))).await
    };
    assert_eq!(bind(ada, "Kim@example.org").await?, EmailBinding::Bound);
    assert_eq!(store.account(ada).await?.email.as_deref(), Some("Kim@example.org"));
    assert_eq!(bind(ada, "other@example.org").await?, EmailBinding::NotFree);
    assert_eq!(bind(bob, "kim@example.org").await?, EmailBinding::TooManyLive);
    assert_eq!(store.account(bob).await?.email, None);
    store.delete_agent(ada, &entry("agent.deleted", Some(ada))).await?.expect("it is active");
    assert_eq!(bind(ada, "third@example.org").await?, EmailBinding::NotFree);
    assert_eq!(bind(bob, "kim@example.org").await?, EmailBinding::Bound);
    store.delete_agent(bob, &entry("agent.deleted", Some(bob))).await?.expect("it is active");
    let eve = join(store, "eve").await?;
    assert_eq!(bind(eve, "kim@example.org").await?, EmailBinding::TooManyEver);
    assert_eq!(store.account(eve).await?.email, None);
    let audit = store.audit_log(10).await?;
    assert_eq!(audit.iter().filter(|entry| entry.action == "agent.email_bound").count(), 2);
    Ok(())
}

/// The bound holds whoever comes first.
pub async fn of_ten_with_one_address_as_many_register_as_may(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let names: Vec<String> = (0..10).map(|number| format!("agent-{number}")).collect();
    let most = EmailBounds { live: 3, ever: 100 };
    let outcomes = join_all(names.iter().map(|name| sign_up(store, name, "kim@example.org", most))).await;
    let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    let registered = |outcome: &&EmailRegistration| matches!(outcome, EmailRegistration::Registered { .. });
    assert_eq!(outcomes.iter().filter(registered).count(), 3);
    assert_eq!(store.registrable("x", "kim@example.org", START).await?.ever, 3);
    Ok(())
}

/// As for any other registration.
pub async fn an_address_takes_a_name_that_is_held_no_more(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let pending = NewAgent { state: AgentState::Pending, ..agent("ada") };
    let held = register(store, &pending).await?;
    assert!(!store.registrable("ada", "kim@example.org", START).await?.is_name_taken);
    let taken = sign_up(store, "ada", "kim@example.org", ROOMY).await?;
    let EmailRegistration::Registered { agent, .. } = taken else { panic!("nothing can be signed: {taken:?}") };
    assert_eq!((agent.number, agent.state), (held.number, AgentState::Active));
    Ok(())
}

/// With all that was said when it was sent.
pub async fn a_code_is_told_once(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let newcomer = Newcomer { name: "Ada".into(), display_name: Some("Ada L.".into()), about: Some("Engines".into()) };
    let said = EmailCode {
        purpose: CodePurpose::Register,
        email: email("Kim@Example.org"),
        agent: None,
        newcomer: Some(newcomer),
    };
    store.add_code(&NewCode { code: said.clone(), ..code(1) }).await?;
    assert_eq!(store.tell_code(&telling(1)).await?, Told::Expired);
    let right = Telling { purpose: CodePurpose::Register, ..telling(1) };
    assert_eq!(store.tell_code(&Telling { id: id(2), ..right }).await?, Told::Expired);
    assert_eq!(store.tell_code(&right).await?, Told::Right(said));
    assert_eq!(store.tell_code(&right).await?, Told::Expired);
    Ok(())
}

/// From its end on it is as if it had never been.
pub async fn a_code_runs_out(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    store.add_code(&code(1)).await?;
    assert_eq!(store.tell_code(&Telling { now: minute(10), ..telling(1) }).await?, Told::Expired);
    let last = Timestamp::from_micros(minute(10).as_micros() - 1);
    assert_eq!(store.tell_code(&Telling { now: last, ..telling(1) }).await?, Told::Right(code(1).code));
    store.add_code(&code(2)).await?;
    store.remove_code(id(2)).await?;
    store.remove_code(id(2)).await?;
    assert_eq!(store.tell_code(&Telling { id: id(2), ..telling(2) }).await?, Told::Expired);
    Ok(())
}

/// The one after the last attempt is one too many, right as it may be.
pub async fn a_code_is_told_so_often(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    store.add_code(&code(1)).await?;
    for _ in 0..5 {
        assert_eq!(store.tell_code(&telling(2)).await?, Told::Wrong);
    }
    assert_eq!(store.tell_code(&telling(1)).await?, Told::Exhausted);
    assert_eq!(store.tell_code(&telling(1)).await?, Told::Expired);
    store.add_code(&code(1)).await?;
    for _ in 0..4 {
        assert_eq!(store.tell_code(&telling(2)).await?, Told::Wrong);
    }
    assert_eq!(store.tell_code(&telling(1)).await?, Told::Right(code(1).code));
    Ok(())
}

/// And many wrong ones at once are no more attempts than one after the other.
pub async fn of_ten_that_tell_one_code_one_uses_it_up(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    store.add_code(&code(1)).await?;
    let right = telling(1);
    let told = join_all((0..10).map(|_| store.tell_code(&right))).await;
    let told = told.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(told.iter().filter(|told| matches!(told, Told::Right(_))).count(), 1);
    assert_eq!(told.iter().filter(|told| **told == Told::Expired).count(), 9);
    store.add_code(&code(1)).await?;
    let wrong = telling(2);
    let told = join_all((0..10).map(|_| store.tell_code(&wrong))).await;
    let told = told.into_iter().collect::<Result<Vec<_>, _>>()?;
    let count = |wanted: Told| told.iter().filter(|told| **told == wanted).count();
    assert_eq!((count(Told::Wrong), count(Told::Exhausted), count(Told::Expired)), (5, 1, 4));
    Ok(())
}

/// It is neither counted nor used up.
pub async fn a_code_about_another_agent_is_foreign(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let about = EmailCode { agent: Some(ada), ..code(1).code };
    store.add_code(&NewCode { code: about.clone(), ..code(1) }).await?;
    for _ in 0..7 {
        assert_eq!(store.tell_code(&Telling { by: Some(bob), ..telling(1) }).await?, Told::Foreign);
    }
    assert_eq!(store.tell_code(&Telling { by: Some(ada), ..telling(1) }).await?, Told::Right(about));
    Ok(())
}

/// Wrong ones alone are counted, whatever they are for; once there are too many, right ones are not looked at.
pub async fn an_address_guesses_so_often(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let of =
        |address: u8| Some(Guessing { address: [address; 16], action: "guess", per: Duration::from_hours(1), most: 3 });
    for number in 1..=3 {
        store.add_code(&code(number)).await?;
    }
    let tell = |number: u8, guess: u8, address: u8, now: Timestamp| {
        let telling = Telling { id: id(number), guessing: of(address), now, ..telling(guess) };
        async move { store.tell_code(&telling).await }
    };
    assert_eq!(tell(1, 1, 7, START).await?, Told::Right(code(1).code));
    assert_eq!(tell(9, 9, 7, START).await?, Told::Expired);
    assert_eq!(tell(2, 9, 7, minute(1)).await?, Told::Wrong);
    assert_eq!(tell(3, 9, 7, minute(2)).await?, Told::Wrong);
    assert_eq!(tell(2, 9, 7, minute(3)).await?, Told::Wrong);
    let Told::GuessedTooOften(window) = tell(2, 2, 7, minute(4)).await? else { panic!("it has guessed thrice") };
    assert_eq!((window.started_at, window.used, window.is_counted), (minute(1), 3, false));
    assert_eq!(tell(3, 9, 8, minute(4)).await?, Told::Wrong);
    store.add_code(&NewCode { expires_at: minute(100), ..code(4) }).await?;
    assert_eq!(tell(4, 9, 7, minute(60)).await?, Told::GuessedTooOften(window));
    assert_eq!(tell(4, 4, 7, minute(61)).await?, Told::Right(code(4).code));
    Ok(())
}

/// Keys of every kind, and whatever else opens anything.
pub async fn a_recovery_ends_every_credential(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register(store, &NewAgent { credential: Some(key("one_", 1)), ..agent("ada") }).await?;
    let bob = register(store, &NewAgent { credential: Some(key("one_", 2)), ..agent("bob") }).await?;
    let first = store.agent_by_key(&digest(1)).await?.expect("it is live").1;
    store.issue_credential(ada.number, first.number, &key("two_", 3), START, &entry("x", None)).await?;
    let noted = entry("agent.key_rotated", Some(ada.number));
    let recovery = store.recover(ada.number, &key("one_", 4), &noted).await?.expect("it is active");
    assert_eq!(recovery.ended.len(), 2);
    assert!(store.agent_by_key(&digest(1)).await?.is_none() && store.agent_by_key(&digest(3)).await?.is_none());
    assert_eq!(store.credentials_of(ada.number).await?, [recovery.credential]);
    assert!(store.agent_by_key(&digest(2)).await?.is_some());
    assert_eq!(store.audit_log(1).await?, [noted]);
    let gone = entry("agent.deleted", Some(bob.number));
    store.delete_agent(bob.number, &gone).await?.expect("it is active");
    assert_eq!(store.recover(bob.number, &key("one_", 5), &gone).await?, None);
    Ok(())
}

/// Each is lifted alone, and every change is noted.
pub async fn holds_are_set_and_lifted(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let held = || async {
        let known = store.agents(&[ada]).await?.pop().expect("it is there");
        Ok::<_, StoreError>((known.pause, known.restriction.is_some()))
    };
    let note = |action: &str| entry(action, Some(ada));
    assert!(store.set_pause(ada, Some(Pause::Send), &note("paused")).await?);
    assert!(!store.set_pause(ada, Some(Pause::Send), &note("again")).await?);
    assert!(store.set_restricted(ada, true, &note("restricted")).await?);
    assert!(!store.set_restricted(ada, true, &note("again")).await?);
    assert_eq!(held().await?, (Some(Pause::Send), true));
    assert!(store.set_pause(ada, Some(Pause::Full), &note("paused more")).await?);
    assert!(store.set_restricted(ada, false, &note("unrestricted")).await?);
    assert_eq!(held().await?, (Some(Pause::Full), false));
    assert!(store.set_pause(ada, None, &note("unpaused")).await?);
    assert!(!store.set_pause(ada, None, &note("again")).await?);
    assert_eq!(held().await?, (None, false));
    let noted: Vec<String> = store.audit_log(10).await?.into_iter().map(|entry| entry.action).collect();
    assert_eq!(noted, ["unpaused", "unrestricted", "paused more", "restricted", "paused"]);
    Ok(())
}

/// Whatever it is that has changed.
pub async fn an_account_says_when_it_has_changed(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = signed_up(store, "ada", "ada@example.org").await?;
    let changed_at = || async { Ok::<_, StoreError>(store.account(ada).await?.changed_at) };
    assert_eq!(changed_at().await?, None);
    let change = ProfileChange { about: Some(Some("Engines".into())), ..ProfileChange::default() };
    store.change_profile(ada, &change, minute(1)).await?;
    assert_eq!(changed_at().await?, Some(minute(1)));
    let at = |minutes: i64| crate::AuditEntry { at: minute(minutes), ..entry("x", Some(ada)) };
    store.set_pause(ada, Some(Pause::Send), &at(2)).await?;
    assert_eq!(changed_at().await?, Some(minute(2)));
    store.set_restricted(ada, true, &at(3)).await?;
    assert_eq!(changed_at().await?, Some(minute(3)));
    store.change_state(ada, AgentState::Active, AgentState::Suspended, &at(4)).await?;
    assert_eq!(changed_at().await?, Some(minute(4)));
    Ok(())
}

/// Active ones, by name; and what would be a wildcard elsewhere is a letter.
pub async fn the_directory_is_read_by_prefix(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let reader = join(store, "reader").await?;
    let hidden = NewAgent { is_listed: false, ..agent("ada-two") };
    for new in [agent("Ada"), hidden, agent("adam"), agent("ad-a"), agent("bob"), agent("hubert")] {
        register(store, &new).await?;
    }
    let suspended = join(store, "ada-three").await?;
    store.change_state(suspended, AgentState::Active, AgentState::Suspended, &entry("x", None)).await?;
    let pending = NewAgent { state: AgentState::Pending, ..agent("ada-four") };
    register(store, &pending).await?;
    let page = |prefix: &'static str, limit: u32, offset: u32| async move {
        let found = store.directory(DirectoryQuery { reader, prefix, limit, offset }).await?;
        let names: Vec<String> = found.iter().map(|entry| entry.agent.name.to_string()).collect();
        assert!(found.iter().all(|entry| !entry.is_contact));
        Ok::<_, StoreError>((names.join(" "), store.count_directory(prefix).await?))
    };
    assert_eq!(page("ada", 10, 0).await?, ("Ada ada-two adam".to_owned(), 3));
    assert_eq!(page("ad", 2, 0).await?, ("ad-a Ada".to_owned(), 4));
    assert_eq!(page("ad", 2, 2).await?, ("ada-two adam".to_owned(), 4));
    assert_eq!(page("ad", 2, 4).await?, (String::new(), 4));
    assert_eq!(page("ada-", 10, 0).await?, ("ada-two".to_owned(), 1));
    assert_eq!(page("hub", 10, 0).await?, ("hubert".to_owned(), 1));
    for nobody in ["a_", "a%", "%", "adaz", "z"] {
        assert_eq!(page(nobody, 10, 0).await?, (String::new(), 0), "{nobody}");
    }
    Ok(())
}

/// Newest first, until they are of no use.
pub async fn unsent_mail_is_kept_for_a_while(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let mail = |number: u32, expires_at: Timestamp| UnsentMail {
        email: "kim@example.org".into(),
        purpose: CodePurpose::Rotate,
        code: format!("{number:06}").into(),
        made_at: START,
        expires_at,
    };
    store.keep_unsent(&mail(1, minute(1))).await?;
    store.keep_unsent(&mail(2, minute(2))).await?;
    assert_eq!(store.unsent_mails(START, 10).await?, [mail(2, minute(2)), mail(1, minute(1))]);
    assert_eq!(store.unsent_mails(START, 1).await?, [mail(2, minute(2))]);
    assert_eq!(store.unsent_mails(minute(1), 10).await?, [mail(2, minute(2))]);
    for number in 0..MOST_UNSENT {
        store.keep_unsent(&mail(number, minute(9))).await?;
    }
    let kept = store.unsent_mails(START, 2 * MOST_UNSENT).await?;
    assert_eq!(kept.len(), usize::try_from(MOST_UNSENT).unwrap_or(usize::MAX));
    assert_eq!(kept.last(), Some(&mail(0, minute(9))));
    Ok(())
}

/// In slices, and nothing else.
pub async fn what_has_run_out_of_accounts_is_swept(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    for number in 1..=3 {
        store.add_code(&NewCode { expires_at: minute(i64::from(number)), ..code(number) }).await?;
    }
    let guessing = Some(Guessing { address: [7; 16], action: "guess", per: Duration::from_hours(10), most: 1 });
    assert_eq!(store.tell_code(&Telling { id: id(3), guessing, ..telling(9) }).await?, Told::Wrong);
    assert_eq!(store.sweep_accounts(minute(2), minute(-1), 1).await?, 1);
    assert_eq!(store.sweep_accounts(minute(2), minute(-1), 5).await?, 1);
    assert_eq!(store.sweep_accounts(minute(2), minute(-1), 5).await?, 0);
    let guess = Telling { id: id(3), guessing, ..telling(3) };
    assert!(matches!(store.tell_code(&guess).await?, Told::GuessedTooOften(_)));
    assert_eq!(store.sweep_accounts(minute(2), START, 5).await?, 1);
    assert_eq!(store.tell_code(&guess).await?, Told::Right(code(3).code));
    Ok(())
}
