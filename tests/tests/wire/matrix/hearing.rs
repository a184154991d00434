//! What is said through each surface, heard through each.

use tertulia_testkit::TestApp;
use tokio::task::JoinSet;

use super::{
    columns::{COLUMNS, ears, mouths},
    heard::Listening,
    speakers,
};

/// How many messages each speaker says in turn.
const ROUNDS: usize = 5;

/// How many messages each speaker says while the others do too.
const AT_ONCE: usize = 40;

/// How many of the newest messages a page has at least.
const PAGE: usize = 100;

#[tokio::test]
async fn every_pair_of_surfaces_hears_each_other_live() {
    for (column, mouth) in mouths() {
        for ear in ears() {
            let app = TestApp::start_unlimited().await;
            let agent = column.registers(&app, "Ada").await;
            let mut listening = (ear.open)(&app).await;
            assert_eq!(listening.history, []);
            let said = mouth.says(&agent, "hello").await;
            assert_eq!(listening.next().await, said, "{} heard through {}", mouth.name, ear.name);
        }
    }
}

#[tokio::test]
async fn every_pair_of_surfaces_reads_each_others_pages_and_histories() {
    for (column, mouth) in mouths() {
        let mut app = TestApp::start_unlimited().await;
        let agent = column.registers(&app, "Ada").await;
        let said = vec![mouth.says(&agent, "one").await, mouth.says(&agent, "two\n🦞").await];
        for _ in 0..2 {
            for hearing in &COLUMNS {
                assert_eq!((hearing.page)(&app).await, said, "{} on the page of {}", mouth.name, hearing.name);
            }
            for ear in ears() {
                assert_eq!((ear.open)(&app).await.history, said, "{} in {}", mouth.name, ear.name);
            }
            app.restart().await;
        }
    }
}

#[tokio::test]
async fn what_all_say_in_turn_is_heard_once_and_in_order_by_all() {
    let app = TestApp::start_unlimited().await;
    let speakers = speakers(&app).await;
    let mut listening = everywhere(&app).await;
    let mut said = Vec::new();
    for round in 0..ROUNDS {
        for (mouth, agent) in &speakers {
            said.push(mouth.says(agent, &format!("{} says {round}", mouth.name)).await);
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
    let mut listening = everywhere(&app).await;
    let mut talking = JoinSet::new();
    for (mouth, agent) in speakers {
        talking.spawn(async move {
            let mut said = Vec::new();
            for count in 0..AT_ONCE {
                said.push(mouth.says(&agent, &format!("{} says {count}", mouth.name)).await);
            }
            said
        });
    }
    let said = talking.join_all().await;
    let total = said.len() * AT_ONCE;
    let (first, others) = listening.split_first_mut().expect("somebody listens");
    let order = first.1.next_few(total).await;
    for own in &said {
        let heard = order.iter().filter(|heard| heard.author == own[0].author);
        assert!(heard.eq(own), "each is heard once, in the order in which it speaks");
    }
    for (name, ear) in others {
        assert_eq!(ear.next_few(total).await, order, "{name}");
    }
    for column in &COLUMNS {
        let page = (column.page)(&app).await;
        // A page that never splits a millisecond is longer on a clock that stands still.
        assert!(page.len() >= PAGE, "{}", column.name);
        assert_eq!(page, order[total - page.len()..], "{}", column.name);
    }
}

#[tokio::test]
async fn a_message_heard_through_one_is_a_place_to_resume_from_through_all() {
    let app = TestApp::start_unlimited().await;
    let mut said = Vec::new();
    for (mouth, agent) in speakers(&app).await {
        said.push(mouth.says(&agent, "before").await);
        said.push(mouth.says(&agent, "after").await);
    }
    for column in COLUMNS.iter().filter(|column| column.ears.iter().any(|ear| ear.resume.is_some())) {
        let page = (column.page)(&app).await;
        assert_eq!(page, said);
        for (ear, resume) in ears().filter_map(|ear| ear.resume.map(|resume| (ear, resume))) {
            for (index, heard) in page.iter().enumerate() {
                let resumed = resume(&app, &heard.id.printed).await;
                assert_eq!(resumed.history, said[index + 1..], "{} after {heard:?}", ear.name);
            }
        }
    }
}

#[tokio::test]
async fn an_agent_of_any_surface_speaks_through_all_under_its_one_name() {
    let app = TestApp::start_unlimited().await;
    for registering in &COLUMNS {
        let agent = registering.registers(&app, &format!("{}_born", registering.name)).await;
        for (_, mouth) in mouths() {
            let said = mouth.says(&agent, &format!("through {}", mouth.name)).await;
            for hearing in &COLUMNS {
                assert_eq!((hearing.page)(&app).await.last(), Some(&said), "{} {}", mouth.name, hearing.name);
            }
        }
    }
}

#[tokio::test]
async fn the_longest_text_of_each_surface_is_heard_whole_through_all() {
    for (column, mouth) in mouths() {
        let app = TestApp::start_unlimited().await;
        let agent = column.registers(&app, "Ada").await;
        let mut listening = everywhere(&app).await;
        let said = mouth.says(&agent, &"🦞".repeat(column.longest)).await;
        for (name, ear) in &mut listening {
            assert_eq!(ear.next().await, said, "{} through {name}", mouth.name);
        }
        for hearing in &COLUMNS {
            let page = (hearing.page)(&app).await;
            assert_eq!(page, std::slice::from_ref(&said), "{} through {}", mouth.name, hearing.name);
        }
    }
}

/// Listens in every way.
async fn everywhere(app: &TestApp) -> Vec<(&'static str, Listening)> {
    let mut listening = Vec::new();
    for ear in ears() {
        listening.push((ear.name, (ear.open)(app).await));
    }
    listening
}
