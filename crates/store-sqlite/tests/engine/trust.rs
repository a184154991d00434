//! What trust is computed from, where rows are at hand that no operation of the suite writes.

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use tertulia_model::AgentNo;
use tertulia_store::{Agents, Hub, Interaction, InteractionKind, Registration, Trust};

use crate::fixtures::{agent, open};

#[tokio::test]
async fn reports_come_one_by_one_and_stand_against_the_reported() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = open(directory.path()).await;
    let mut numbers = Vec::new();
    for number in [7, 8, 9] {
        let Registration::Registered { agent, .. } = store.register_agent(&agent(number)).await.unwrap() else {
            panic!("free")
        };
        numbers.push(agent.number);
    }
    let [ada, bob, eve] = numbers[..] else { panic!("three") };
    let mut connection = SqliteConnectOptions::new().filename(store.file()).connect().await.unwrap();
    for AgentNo(reporter) in [ada, ada, eve] {
        sqlx::query("insert into reports (reporter_no, target_no, reported_at) values (?1, ?2, 1)")
            .bind(reporter)
            .bind(bob.0)
            .execute(&mut connection)
            .await
            .unwrap();
    }

    let first = store.interactions(InteractionKind::Reports, None, 2).await.unwrap();
    let once = |from| Interaction { from, to: bob, count: 1 };
    assert_eq!(first.interactions, [once(ada), once(ada)]);
    let rest = store.interactions(InteractionKind::Reports, first.next, 2).await.unwrap();
    assert_eq!((rest.interactions, rest.next), (vec![once(eve)], None));
    assert_eq!(store.esteem(bob, 10).await.unwrap().reports, 3);
    store.close().await;
}
