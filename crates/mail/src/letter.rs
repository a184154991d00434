//! What a mail says.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address, Message,
    message::{
        Mailbox, MessageBuilder, SinglePart,
        header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
    },
};
use tertulia_model::{Email, OneTimeCode, Timestamp};
use uuid::Uuid;

use crate::MailError;

/// One code for one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeMail {
    /// Whose mailbox.
    pub to: Email,
    /// What the code is for.
    pub purpose: Purpose,
    /// The code.
    pub code: OneTimeCode,
    /// When it was made.
    pub made_at: Timestamp,
    /// How long it is good.
    pub lifetime: Duration,
    /// Makes this mail different from every other.
    pub id: Uuid,
}

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A new account.
    Registration,
    /// New keys for those who have lost theirs.
    Recovery,
    /// A new key instead of the old one.
    Rotation,
    /// A mailbox for an agent that has none.
    Binding,
}

/// What the hub calls itself in its mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// Its name.
    pub name: String,
    /// Where it is to be found.
    pub url: String,
}

impl Purpose {
    /// In a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Recovery => "recovery",
            Self::Rotation => "rotation",
            Self::Binding => "binding",
        }
    }

    /// What happens when the code is given.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Registration => "register an agent with this e-mail address",
            Self::Recovery => "replace every key of the agent that this e-mail address belongs to",
            Self::Rotation => "replace the API key of the agent that this e-mail address belongs to",
            Self::Binding => "bind this e-mail address to an agent, which can be recovered with it from then on",
        }
    }
}

impl CodeMail {
    /// When the code is no longer good.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.made_at + self.lifetime
    }

    /// The mail, ready to be sent.
    pub(crate) fn letter(&self, from: &Mailbox, hub: &Hub) -> Result<Message, MailError> {
        let to: Address = self.to.spelling().parse().map_err(|_| MailError::BadAddress)?;
        self.head(from, hub).to(Mailbox::new(None, to)).singlepart(self.body(hub)).map_err(|_| MailError::BadAddress)
    }

    fn head(&self, from: &Mailbox, hub: &Hub) -> MessageBuilder {
        let made_at = Duration::from_micros(u64::try_from(self.made_at.as_micros()).unwrap_or(0));
        Message::builder()
            .from(from.clone())
            .date(UNIX_EPOCH + made_at)
            .message_id(Some(format!("<{}@{}>", self.id, from.email.domain())))
            .header(AutoSubmitted)
            .subject(format!("Your code for {}", one_line(&hub.name)))
    }

    fn body(&self, hub: &Hub) -> SinglePart {
        SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(self.text(hub))
    }

    fn text(&self, hub: &Hub) -> String {
        let Self { code, purpose, lifetime, .. } = self;
        let (name, url, meaning) = (one_line(&hub.name), one_line(&hub.url), purpose.meaning());
        let minutes = lifetime.as_secs().div_ceil(60);
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        format!(
            "Your code for {name} is\r\n\r\n    {code}\r\n\r\n\
             Somebody asked {name} ({url})\r\n\
             to {meaning}.\r\n\
             This code allows it. It is good once, and expires in {minutes} {unit}.\r\n\r\n\
             If it was not you who asked, ignore this mail and give the code to nobody:\r\n\
             nothing happens without it."
        )
    }
}

/// Without what would begin another line or hide in this one.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Says that no person wrote this, so that no machine answers (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hub() -> Hub {
        Hub { name: "Tertulia".to_owned(), url: "https://hub.example.org".to_owned() }
    }

    fn mail(to: &str) -> CodeMail {
        CodeMail {
            to: Email::parse(to).unwrap(),
            purpose: Purpose::Registration,
            code: OneTimeCode::of(12_345).unwrap(),
            made_at: Timestamp::from_micros(1_770_000_000_000_000),
            lifetime: Duration::from_mins(10),
            id: Uuid::from_u128(7),
        }
    }

    fn written(mail: &CodeMail, hub: &Hub) -> Result<String, MailError> {
        let from = "A hub <hub@example.org>".parse().unwrap();
        Ok(String::from_utf8(mail.letter(&from, hub)?.formatted()).unwrap())
    }

    /// Names of the headers.
    fn headers(letter: &str) -> Vec<&str> {
        let (head, _) = letter.split_once("\r\n\r\n").unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split_once(':').unwrap().0).collect()
    }

    const HEADERS: [&str; 9] = [
        "From",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Subject",
        "To",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];

    #[test]
    fn a_letter_says_what_the_code_is_for() {
        let letter = written(&mail("kim@example.org"), &hub()).unwrap();

        assert_eq!(
            letter,
            "From: \"A hub\" <hub@example.org>\r\n\
             Date: Mon, 02 Feb 2026 02:40:00 +0000\r\n\
             Message-ID: <00000000-0000-0000-0000-000000000007@example.org>\r\n\
             Auto-Submitted: auto-generated\r\n\
             Subject: Your code for Tertulia\r\n\
             To: kim@example.org\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\
             \r\n\
             Your code for Tertulia is\r\n\r\n    012345\r\n\r\n\
             Somebody asked Tertulia (https://hub.example.org)\r\n\
             to register an agent with this e-mail address.\r\n\
             This code allows it. It is good once, and expires in 10 minutes.\r\n\r\n\
             If it was not you who asked, ignore this mail and give the code to nobody:\r\n\
             nothing happens without it.\r\n"
        );
    }

    #[test]
    fn every_purpose_has_words_of_its_own() {
        let all = [Purpose::Registration, Purpose::Recovery, Purpose::Rotation, Purpose::Binding];
        let texts = all.map(|purpose| CodeMail { purpose, ..mail("kim@example.org") }.text(&hub()));
        for (place, text) in texts.iter().enumerate() {
            assert!(text.contains("012345"));
            assert!(!texts[..place].contains(text));
        }
    }

    #[test]
    fn an_address_that_cannot_be_written_to_is_refused() {
        for to in ["<kim@example.org>", "kim@-", "kim,lee@example.org", "kim@example.org>"] {
            assert!(matches!(written(&mail(to), &hub()), Err(MailError::BadAddress)), "{to}");
        }
    }

    #[test]
    fn neither_address_nor_code_shows_itself() {
        let shown = format!("{:?}", mail("kim@example.org"));
        assert!(!shown.contains("kim") && !shown.contains("12345"), "{shown}");
    }

    proptest! {
        #[test]
        fn no_name_becomes_a_header(name in "(\\PC|[\r\n\t:,<>@]|Bcc: ){0,60}", url: String) {
            let letter = written(&mail("kim@example.org"), &Hub { name, url }).unwrap();

            prop_assert_eq!(headers(&letter), HEADERS);
        }

        #[test]
        fn no_address_becomes_a_header(local in "\\PC{1,20}", domain in "\\PC{1,20}") {
            let Ok(to) = Email::parse(&format!("{local}@{domain}")) else { return Ok(()) };
            let Ok(letter) = written(&CodeMail { to, ..mail("a@b") }, &hub()) else { return Ok(()) };

            prop_assert_eq!(headers(&letter), HEADERS);
        }
    }
}
