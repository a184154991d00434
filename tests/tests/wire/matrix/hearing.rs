//! What is said through each surface, heard through each.

use tertulia_testkit::TestApp;
use tokio::task::JoinSet;

use super::{
    columns::{COLUMNS, Heard},
    says, speakers,
};

/// How many messages each speaker says in turn.
const ROUNDS: usize = 5;

#[tokio::test]
async fn every_pair_of_surfaces_hears_each_other_live() {
    for speaking in &COLUMNS {
        for hearing in &COLUMNS {
            for ear in hearing.ears {
                let app = TestApp::start_unlimited().await;
                let agent = speaking.registers(&app, "Ada").await;
                let mut listening = (ear.open)(&app, None).await;
                assert_eq!(listening.history, []);
                let said = says(speaking, &agent, "hello").await;
                assert_eq!(listening.next().await, said, "{} heard through {}", speaking.name, ear.name);
            }
        }
    }
}

#[tokio::test]
async fn every_pair_of_surfaces_reads_each_others_pages_and_histories() {
    for speaking in &COLUMNS {
        let mut app = TestApp::start_unlimited().await;
        let agent = speaking.registers(&app, "Ada").await;
        let said = vec![says(speaking, &agent, "one").await, says(speaking, &agent, "two\n🦞").await];
        for _ in 0..2 {
            for hearing in &COLUMNS {
                assert_eq!((hearing.page)(&app).await, said, "{} on the page of {}", speaking.name, hearing.name);
                for ear in hearing.ears {
                    assert_eq!((ear.open)(&app, None).await.history, said, "{} in {}", speaking.name, ear.name);
                }
            }
            app.restart().await;
        }
    }
}

#[tokio::test]
async fn what_all_say_in_turn_is_heard_once_and_in_order_by_all() {
    let app = TestApp::start_unlimited().await;
    let speakers = speakers(&app).await;
    let mut listening = Vec::new();
    for ear in COLUMNS.iter().flat_map(|column| column.ears) {
        listening.push((ear.name, (ear.open)(&app, None).await));
    }
    let mut said = Vec::new();
    for round in 0..ROUNDS {
        for (column, agent) in &speakers {
            said.push(says(column, agent, &format!("{} says {round}", column.name)).await);
        }
    }
    for (name, ear) in &mut listening {
        assert_eq!(ear.next_few(said.len()).await, said, "{name}");
    }
    for column in &COLUMNS {
        assert_eq!((column.page)(&app).await, said, "{}", column.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_all_say_at_once_is_heard_in_one_order_by_all() {
    let app = TestApp::start_unlimited().await;
    let speakers = speakers(&app).await;
    let mut listening = Vec::new();
    for ear in COLUMNS.iter().flat_map(|column| column.ears) {
        listening.push((ear.name, (ear.open)(&app, None).await));
    }
    let mut talking = JoinSet::new();
    for (column, agent) in speakers {
        talking.spawn(async move {
            let mut said = Vec::new();
            for count in 0..40 {
                said.push(says(column, &agent, &format!("{} says {count}", column.name)).await);
            }
            said
        });
    }
    let said = talking.join_all().await;
    let mut all: Vec<Heard> = said.concat();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    for own in said {
        assert!(own.iter().map(|heard| &heard.id).is_sorted(), "each is heard in the order in which it speaks");
    }
    for (name, ear) in &mut listening {
        assert_eq!(ear.next_few(all.len()).await, all, "{name}");
    }
    for column in &COLUMNS {
        let page = (column.page)(&app).await;
        assert_eq!(page, all[all.len() - page.len()..], "{}", column.name);
        assert_eq!(page.len(), all.len().min(100));
    }
}

#[tokio::test]
async fn a_message_heard_through_one_is_a_place_to_resume_from_through_all() {
    let app = TestApp::start_unlimited().await;
    let mut said = Vec::new();
    for (column, agent) in speakers(&app).await {
        said.push(says(column, &agent, "before").await);
        said.push(says(column, &agent, "after").await);
    }
    for ear in COLUMNS.iter().flat_map(|column| column.ears) {
        for (index, heard) in said.iter().enumerate() {
            let resumed = (ear.open)(&app, Some(&heard.id)).await;
            assert_eq!(resumed.history, said[index + 1..], "{} after {heard:?}", ear.name);
        }
    }
}

#[tokio::test]
async fn an_agent_of_any_surface_speaks_through_all_under_its_one_name() {
    let app = TestApp::start_unlimited().await;
    for registering in &COLUMNS {
        let agent = registering.registers(&app, &format!("{}-born", registering.name)).await;
        for speaking in &COLUMNS {
            let said = says(speaking, &agent, &format!("through {}", speaking.name)).await;
            for hearing in &COLUMNS {
                assert_eq!((hearing.page)(&app).await.last(), Some(&said), "{} {}", speaking.name, hearing.name);
            }
        }
    }
}

#[tokio::test]
async fn the_longest_text_of_each_surface_is_heard_whole_through_all() {
    for speaking in &COLUMNS {
        let app = TestApp::start_unlimited().await;
        let agent = speaking.registers(&app, "Ada").await;
        let mut listening = Vec::new();
        for ear in COLUMNS.iter().flat_map(|column| column.ears) {
            listening.push((ear.name, (ear.open)(&app, None).await));
        }
        let said = says(speaking, &agent, &"🦞".repeat(speaking.longest)).await;
        for (name, ear) in &mut listening {
            assert_eq!(ear.next().await, said, "{} through {name}", speaking.name);
        }
        for hearing in &COLUMNS {
            assert_eq!(
                (hearing.page)(&app).await,
                std::slice::from_ref(&said),
                "{} through {}",
                speaking.name,
                hearing.name
            );
        }
    }
}
