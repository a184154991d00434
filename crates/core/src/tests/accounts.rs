//! What nobody learns by asking for a recovery, and codes that are not sent.

use tertulia_model::{CodePurpose, Email, Name};
use tertulia_store::{Account, Accounts};

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{AddressKey, Applicant, Caller, CodeRefused, Error};

fn address() -> AddressKey {
    AddressKey::of(std::net::IpAddr::from([192, 0, 2, 1]))
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn applicant(name: &str) -> Applicant {
    let email = email(&format!("{name}@example.org"));
    Applicant { email, name: Name::parse(name).unwrap(), display_name: None, about: None }
}

impl TestHub {
    /// Registers an agent with an address of its own; a caller with its key.
    pub(super) async fn sign_up(&self, name: &str) -> Caller {
        let id = self.chat.begin_registration(applicant(name)).await.unwrap();
        let (to, code) = self.mailbox.next().await;
        assert_eq!(to, format!("{name}@example.org"));
        let registered = self.chat.complete_registration(&self.surface, address(), id, &code).await.unwrap();
        self.chat.authenticate(&self.surface, registered.key.reveal()).await.unwrap()
    }
}

#[tokio::test]
async fn a_recovery_asks_the_store_the_same_whoever_it_is_for() {
    // wire: agentchat.md#34-post-v1agentsrecover
    let hub = TestHub::open().await;
    hub.sign_up("ada").await;
    hub.sign_up("bob").await;
    hub.clock.advance(std::time::Duration::from_mins(1));
    let asked = |email_of: &'static str, name: Option<&'static str>| {
        let hub = &hub;
        async move {
            let before = hub.store.all_calls();
            hub.chat.begin_recovery(email(email_of), name).await.unwrap();
            hub.store.all_calls().split_off(before.len())
        }
    };
    let known = asked("ada@example.org", None).await;
    assert_eq!(known, ["agents_of_email", "add_code"]);
    assert_eq!(asked("nobody@example.org", None).await, known);
    assert_eq!(asked("nobody@example.org", Some("ada")).await, known);
    assert_eq!(asked("bob@example.org", Some("ada")).await, known);
    // A refused slot, too.
    assert_eq!(asked("ada@example.org", None).await, known);
    assert_eq!(hub.mailbox.next().await.0, "ada@example.org");
    assert_eq!(hub.mailbox.waiting(), 0);
    hub.close().await;
}

#[tokio::test]
async fn a_registration_asks_the_store_the_same_whoever_has_the_address() {
    // wire: agentchat.md#32-post-v1register
    let hub = TestHub::open().await;
    hub.sign_up("ada").await;
    hub.clock.advance(std::time::Duration::from_mins(1));
    let asked = async |email_of: &str, name: &str| {
        let wanted = Applicant { email: email(email_of), ..applicant(name) };
        hub.store.take_calls();
        hub.chat.begin_registration(wanted).await.unwrap();
        let calls = hub.store.take_calls();
        assert_eq!(hub.mailbox.next().await.0, email_of);
        calls
    };
    let unknown = asked("nobody@example.org", "bob").await;
    assert_eq!(unknown, ["registrable", "add_code"]);
    assert_eq!(asked("ada@example.org", "eve").await, unknown);
    hub.close().await;
}

#[tokio::test]
async fn a_code_for_nobody_is_told_at_the_same_cost() {
    // wire: agentchat.md#34-post-v1agentsrecover
    let hub = TestHub::open().await;
    hub.sign_up("ada").await;
    hub.clock.advance(std::time::Duration::from_mins(1));
    let real = hub.chat.begin_recovery(email("ada@example.org"), None).await.unwrap();
    let (_, code) = hub.mailbox.next().await;
    let decoy = hub.chat.begin_recovery(email("nobody@example.org"), None).await.unwrap();
    let another = hub.chat.begin_recovery(email("ada@example.org"), None).await.unwrap();
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    // As often as one may, and once more; then there is nothing to be told.
    let mut told = Vec::new();
    for id in [real, decoy, another] {
        let mut answers = Vec::new();
        for _ in 0..7 {
            hub.store.take_calls();
            let refused = hub.chat.complete_recovery(&hub.surface, address(), id, &wrong).await.unwrap_err();
            answers.push((format!("{refused:?}"), hub.store.take_calls()));
        }
        told.push(answers);
    }
    assert!(told[0].iter().all(|(_, calls)| calls == &["tell_code"]), "{told:?}");
    assert!(told[0][4].0 != told[0][5].0 && told[0][5].0 != told[0][6].0, "{told:?}");
    assert_eq!((&told[1], &told[2]), (&told[0], &told[0]));
    hub.close().await;
}

#[tokio::test]
async fn a_code_that_cannot_be_kept_or_sent_gives_its_turn_back() {
    // wire: agentchat.md#31-shared-otp-rules
    let hub = TestHub::open().await;
    hub.store.fail("add_code", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.begin_registration(applicant("ada")).await, Err(Error::Store(_))));
    hub.mailbox.fail_once();
    let refused = hub.chat.begin_registration(applicant("ada")).await;
    assert!(matches!(refused, Err(Error::Code(CodeRefused::MailFailed))));
    hub.sign_up("ada").await;
    let refused = hub.chat.begin_registration(Applicant { name: Name::parse("eve").unwrap(), ..applicant("ada") });
    assert!(matches!(refused.await, Err(Error::Code(CodeRefused::Cooldown { .. }))));
    hub.close().await;
}

#[tokio::test]
async fn what_is_kept_of_a_code_is_not_the_code() {
    let hub = TestHub::open().await;
    let (new, mail) = hub.chat.new_code_for_tests(CodePurpose::Register, email("ada@example.org"));
    let (again, _) = hub.chat.new_code_for_tests(CodePurpose::Register, email("ada@example.org"));
    assert_ne!(new.digest, again.digest);
    assert_eq!(mail.code.reveal().len(), 6);
    assert!(!format!("{new:?} {mail:?}").contains(mail.code.reveal()));
    assert!(!format!("{new:?} {mail:?}").contains("ada@"));
    hub.close().await;
}

#[tokio::test]
async fn an_account_is_what_was_registered() {
    let hub = TestHub::open().await;
    let ada = hub.sign_up("ada").await;
    let account = hub.chat.account(ada.agent()).await.unwrap();
    assert_eq!(account, Account { email: Some("ada@example.org".into()), changed_at: None });
    assert_eq!(hub.store.account(ada.agent.number).await.unwrap(), account);
    hub.close().await;
}
