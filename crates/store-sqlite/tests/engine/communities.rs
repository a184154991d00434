//! Communities in a file: who counts as a reporter, by what the tables say of it.

use sqlx::{AssertSqlSafe, ConnectOptions, sqlite::SqliteConnectOptions};
use tertulia_model::{AgentNo, ChannelKind, CommunityId, ConversationId, Timestamp, random_uuid};
use tertulia_store::{Agents, Communities, NewAgent, NewChannel, NewCommunity, NewReport, Registration, Reporting};
use tertulia_store_sqlite::SqliteStore;

use crate::fixtures::{agent, open};

const OLD: Timestamp = Timestamp::from_micros(1);
const YOUNG: Timestamp = Timestamp::from_micros(20);
const OLD_ENOUGH: Timestamp = Timestamp::from_micros(10);

async fn register(store: &SqliteStore, number: u8, now: Timestamp) -> AgentNo {
    match store.register_agent(&NewAgent { now, ..agent(number) }).await.unwrap() {
        Registration::Registered { agent, .. } => agent.number,
        Registration::NameTaken => panic!("the name was free"),
    }
}

fn community(owner: AgentNo) -> NewCommunity {
    NewCommunity {
        id: CommunityId::from_uuid(random_uuid([100; 16])),
        name: "den".into(),
        description: None,
        icon_url: None,
        owner,
        is_public: true,
        most_members: 500,
        instructions: None,
        report_threshold: 3,
        tags: Vec::new(),
        created_at: OLD,
        channel: NewChannel {
            id: ConversationId::from_uuid(random_uuid([101; 16])),
            name: "general".into(),
            category: None,
            kind: ChannelKind::Text,
            topic: None,
            instructions: None,
            position: 0,
            created_at: OLD,
        },
    }
}

#[tokio::test]
async fn reporters_count_that_are_old_enough_and_were_found_worth_it() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let target = register(&store, 10, OLD).await;
    let den = store.create_community(&community(target)).await.unwrap();
    let mut connection = SqliteConnectOptions::new().filename(store.file()).connect().await.unwrap();
    // Registered when, the tier with why it is quarantined and when it was computed, and how many count then.
    for (number, registered_at, trust, counted) in [
        (11, OLD, None, 0),
        (12, OLD, Some("'provisional', 0, null, 5"), 1),
        (13, YOUNG, Some("'trusted', 0, null, 5"), 1),
        (14, OLD, Some("'untrusted', 0, null, 5"), 1),
        (15, OLD, Some("'trusted', 0, null, null"), 1),
        (16, OLD, Some("'trusted', 0, 'flags', 5"), 1),
        (17, OLD, Some("'trusted', 1, 'trial', 5"), 1),
        (18, OLD, Some("'trusted', 0, null, 5"), 2),
        (19, OLD, Some("'untrusted', 1, null, 5"), 3),
    ] {
        let reporter = register(&store, number, registered_at).await;
        if let Some(trust) = trust {
            let insert = format!(
                "insert into trust (agent_no, score, version, earned, is_seed, quarantined_for, computed_at)
                 values ({reporter}, 0.5, 1, {trust})"
            );
            sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut connection).await.unwrap();
        }
        let report = NewReport {
            conversation: den.channels[0].number,
            community: Some(den.community.number),
            reporter,
            target,
            reason: None,
            reported_at: YOUNG,
            counted_if_registered_by: OLD_ENOUGH,
        };
        assert_eq!(store.report_agent(&report).await.unwrap(), Reporting::Noted { counted }, "{number}");
        let elsewhere = NewReport { conversation: hub.lobby, community: None, ..report };
        assert_eq!(store.report_agent(&elsewhere).await.unwrap(), Reporting::Noted { counted: 0 });
    }
    tertulia_store::Hub::close(&store).await;
}
