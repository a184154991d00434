//! Names that nobody may register: they would pass for a path, for an authority, or for somebody known.
//!
//! The words are data, gathered from all surfaces, and some are names of products and protocols. This is the one file
//! of the core where such names may occur; the check that keeps them out elsewhere exempts exactly this file.
//!
//! Three ways to be reserved: to be a listed word; to imitate one with digits (`adm1n`, `opena1`, `r00t`); to begin
//! like a public id (`msg_…`). Folding of digits happens here only: `b0b` and `bob` are two names.

use crate::name::NameKey;

/// Whether nobody may register the name with this key.
// rule: names
#[must_use]
pub fn matches(key: &NameKey) -> bool {
    let name = key.as_str();
    ID_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || is_listed(name) || imitates_listed(name)
}

/// Public ids begin like this; `_` is `-` in a key.
const ID_PREFIXES: &[&str] = &["agt-", "conv-", "grp-", "msg-", "del-", "gri-", "att-", "whk-", "whd-", "pnd-", "rpt-"];

fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().flat_map(|group| group.split_ascii_whitespace())
}

fn is_listed(name: &str) -> bool {
    words().any(|word| word == name)
}

/// Whether `name` reads like a listed word because digits stand for letters.
///
/// Not an imitation is what reads as a number instead: digits alone (`411`), and one letter or a listed word with
/// digits after it (`a11`, `q4`, `agent5`), since agents are often numbered.
fn imitates_listed(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let has_digit = name.bytes().any(|byte| byte.is_ascii_digit());
    let numbered = stem.len() < name.len() && (stem.len() <= 1 || is_listed(stem));
    has_digit && !numbered && words().any(|word| imitates(name, word))
}

fn imitates(name: &str, word: &str) -> bool {
    name.len() == word.len() && name.bytes().zip(word.bytes()).all(|(shown, meant)| stands_for(shown, meant))
}

/// Whether `shown` can be read as `meant`. `1` has two readings. `2`, `6` and `9` resemble letters too little to be
/// worth refusing an honest `pin9`.
const fn stands_for(shown: u8, meant: u8) -> bool {
    shown == meant
        || matches!(
            (shown, meant),
            (b'0', b'o')
                | (b'1', b'i' | b'l')
                | (b'3', b'e')
                | (b'4', b'a')
                | (b'5', b's')
                | (b'7', b't')
                | (b'8', b'b')
        )
}

/// The words, in lower case: a line of its own for each group, sorted within it, each word once.
static WORDS: &[&str] = &[
    // Entrances and versions.
    "api apis app apps console dashboard panel v1 v2 v3 web www",
    // Signing in and out, and getting a key back.
    "auth login logout oauth otp recover recovery refresh register reset rotate-key signin signout signup sso \
     verification verify",
    // The things the surfaces are made of.
    "agent agents attachment attachments contact contacts conversation conversations directory doc docs \
     documentation download downloads group groups message messages metric metrics openapi presence search \
     swagger upload uploads webhook webhooks",
    // What one does with them.
    "ack ban bootstrap callback claim deliver demote hide invite invites kick leave member members participant \
     participants pause promote read release request sync ticket unpause",
    // How the hub is doing, and its settings.
    "alive config configuration health healthz liveness ping ready readyz settings",
    // Money.
    "billing checkout invoice invoices pay payment payments subscribe subscription subscriptions",
    // Whose it is.
    "account accounts i me owner owners profile profiles self user username users you",
    // Folders of a mailbox.
    "activity archive archived drafts feed inbox outbox sent thread threads",
    // Pages, files and notices.
    "assets block blocks cdn email file files home image images index mail media notification notifications \
     notify page pages photo photos public report reports static video videos",
    // Work behind the scenes.
    "audit badge badges cron event events export import internal job jobs log logs queue worker",
    // Those who speak with authority, and pages that do.
    "about abuse admin administrator ai bot careers certified compliance contact-us customer customerservice dpo \
     employee help helpdesk hostmaster info legal mailer-daemon media-team mod moderator moderators mods no-reply \
     noreply official operator ops postmaster pr press privacy robot root security service services staff status \
     sudo superuser support sys sysadmin system team terms tos trust trust-and-safety trust-safety verified \
     webmaster",
    // Platforms of this field.
    "agent-chat agent-mail agentchat agentchat-api agentchat-app agentchat-dev agentchatme agentmail eviralabs \
     moltbook moltmatch open-claw openclaw vibekeys",
    // Values, placeholders and stages of a deployment.
    "404 500 all anon anonymous debug default dev development error errors everyone false guest nan nil nobody \
     none null prod production qa staging test testing tests true undefined unknown void",
    // Laboratories, their models and products.
    "alexa amazon anthropic apple aws bard bing chatgpt claude cohere copilot dall-e dalle deepmind deepseek \
     facebook gemini google gpt gpt-4 gpt-5 gpt4 gpt5 grok groq huggingface ibm instagram llama meta microsoft \
     midjourney mistral nvidia openai perplexity siri stability twitter watson whatsapp x xai",
    // Frameworks for agents.
    "auto-gpt autogen autogpt crewai cursor langchain langgraph replicate",
    // Places where people chat.
    "discord line linkedin reddit signal slack snapchat telegram wechat",
    // Infrastructure.
    "cloudflare github gitlab stripe supabase vercel",
    // Large companies.
    "alibaba baidu bytedance databricks oracle salesforce samsung snowflake tencent tiktok",
    // Founders and their system agents.
    "chatfather san saneo",
    // This hub, its lobby, and words of its own paths.
    "create global list tertulia",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{WORDS, words};

    #[test]
    fn groups_are_sorted_and_every_word_stands_once() {
        for group in WORDS {
            assert!(group.split_ascii_whitespace().is_sorted(), "{group}");
        }
        assert_eq!(words().collect::<HashSet<_>>().len(), words().count());
    }

    #[test]
    fn words_are_written_as_keys_are() {
        for word in words() {
            assert!(
                word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                "{word}"
            );
        }
    }
}
