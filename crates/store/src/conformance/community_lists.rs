//! Lists of communities, and the report book.

use tertulia_model::{AgentNo, CommunityId, CommunityNo, ConversationNo, Quarantine, Tier, Timestamp};

use super::fixtures::{agent, community, entry, found, join, minute, open, register};
use crate::{
    CommunityOrder, CommunityQuery, NewAgent, NewCommunity, NewReport, NewStanding, Reporting, Standpoint, Store,
    StoreError, TrustRecord,
};

const ORDERS: [CommunityOrder; 3] = [CommunityOrder::Popular, CommunityOrder::New, CommunityOrder::Hot];

async fn names(store: &dyn Store, query: CommunityQuery<'_>, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let listed = store.list_communities(query, now, 100, 0).await?;
    Ok(listed.iter().map(|listing| listing.community.name.to_string()).collect())
}

/// Creates a public community with so many members.
async fn founded(store: &dyn Store, name: &str, at: i64, members: u32) -> Result<CommunityId, StoreError> {
    let owner = join(store, &format!("owner-of-{name}")).await?;
    let created = store.create_community(&NewCommunity { created_at: minute(at), ..community(name, owner) }).await?;
    for number in 1..members {
        let agent = join(store, &format!("{name}-{number}")).await?;
        store.admit_member(created.community.number, agent, minute(at)).await?;
    }
    Ok(created.community.id)
}

/// Most members first, newest first, most members for each hour first; what stands alike is newest first.
pub async fn the_public_list_has_three_orders(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    founded(store, "old-and-large", 0, 4).await?;
    founded(store, "old", 60, 2).await?;
    founded(store, "new", 540, 2).await?;
    founded(store, "newest", 595, 1).await?;
    let now = minute(600);
    for (order, expected) in [
        (CommunityOrder::Popular, ["old-and-large", "new", "old", "newest"]),
        (CommunityOrder::New, ["newest", "new", "old", "old-and-large"]),
        (CommunityOrder::Hot, ["new", "newest", "old-and-large", "old"]),
    ] {
        let query = CommunityQuery { order, ..CommunityQuery::default() };
        assert_eq!(names(store, query, now).await?, expected, "{order:?}");
        let listed = store.list_communities(query, now, 2, 1).await?;
        let page: Vec<_> = listed.iter().map(|listing| &*listing.community.name).collect();
        assert_eq!(page, expected[1..3], "{order:?}");
        assert!(store.list_communities(query, now, 2, 4).await?.is_empty());
        assert!(store.list_communities(query, now, 0, 0).await?.is_empty());
    }
    let popular = store.list_communities(CommunityQuery::default(), now, 1, 0).await?;
    assert_eq!(popular[0].members, 4);
    Ok(())
}

/// Whatever the case, in name or description, literally; tags exactly; both before the page is cut.
pub async fn the_public_list_is_searched(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let described = |name: &str, about: &str, tags: &[&str]| NewCommunity {
        description: Some(about.into()),
        tags: tags.iter().map(|tag| (*tag).into()).collect(),
        ..community(name, ada)
    };
    store.create_community(&described("100% Rust", "ownership", &["rust", "code"])).await?;
    store.create_community(&described("1000 things", "crabs_and RUST", &["code"])).await?;
    store.create_community(&described("\u{c9}tudes", "\u{396}\u{3a9}\u{397}", &["Rust"])).await?;
    found(store, "plain", ada).await?;
    for order in ORDERS {
        let search = |search| CommunityQuery { order, search: Some(search), tag: None };
        for (text, expected) in [
            ("rust", vec!["100% Rust", "1000 things"]),
            ("00%", vec!["100% Rust"]),
            ("s_A", vec!["1000 things"]),
            ("\u{e9}TUDES", vec!["\u{c9}tudes"]),
            ("\u{3b6}\u{3c9}", vec!["\u{c9}tudes"]),
            ("nothing", vec![]),
        ] {
            let mut found = names(store, search(text), minute(1)).await?;
            found.sort_unstable();
            assert_eq!(found, expected, "{text} {order:?}");
        }
        let code = CommunityQuery { order, search: None, tag: Some("code") };
        assert_eq!(names(store, code, minute(1)).await?.len(), 2);
        assert_eq!(store.list_communities(code, minute(1), 1, 1).await?.len(), 1);
        let exact = CommunityQuery { tag: Some("rust"), ..code };
        assert_eq!(names(store, exact, minute(1)).await?, ["100% Rust"]);
        let both = CommunityQuery { search: Some("crabs"), ..code };
        assert_eq!(names(store, both, minute(1)).await?, ["1000 things"]);
    }
    Ok(())
}

/// An edit is found at once, and what it took away is not.
pub async fn an_edit_is_searched(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let tagged = NewCommunity { tags: vec!["old".into()], ..community("den", ada) };
    let den = store.create_community(&tagged).await?.community;
    let edit = crate::CommunityEdit {
        description: tertulia_model::Edit::To(Some("under the roof".into())),
        tags: tertulia_model::Edit::To(vec!["new".into()]),
        ..Default::default()
    };
    store.edit_community(den.number, &edit).await?;
    for (search, tag, count) in
        [(Some("ROOF"), None, 1), (Some("den"), Some("new"), 1), (None, Some("old"), 0), (None, Some("new"), 1)]
    {
        let query = CommunityQuery { search, tag, ..CommunityQuery::default() };
        assert_eq!(names(store, query, minute(1)).await?.len(), count, "{query:?}");
    }
    Ok(())
}

/// Wherever it is looked for.
pub async fn what_is_not_public_is_not_listed(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let private = NewCommunity { is_public: false, tags: vec!["x".into()], ..community("den", ada) };
    store.create_community(&private).await?;
    for order in ORDERS {
        for (search, tag) in [(None, None), (Some("den"), None), (None, Some("x"))] {
            assert!(names(store, CommunityQuery { order, search, tag }, minute(1)).await?.is_empty());
        }
    }
    assert_eq!(store.communities_of(ada, 10).await?.len(), 1);
    Ok(())
}

/// For every order and every community: as many as are listed before it, whether or not it is searched.
pub async fn a_standpoint_is_where_it_would_be_listed(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    for (name, at, members) in [("a", 0, 3), ("b", 0, 3), ("c", 30, 1), ("d", 300, 2), ("e", 599, 2)] {
        founded(store, name, at, members).await?;
    }
    let now = minute(600);
    for order in ORDERS {
        let query = CommunityQuery { order, ..CommunityQuery::default() };
        let listed = store.list_communities(query, now, 100, 0).await?;
        assert_eq!(listed.len(), 5);
        for (place, listing) in listed.iter().enumerate() {
            let (id, created_at) = (listing.community.id, listing.community.created_at);
            let standpoint = Standpoint { members: listing.members.into(), created_at, id };
            let before = store.count_communities_before(query, standpoint, now).await?;
            assert_eq!(before, place as u64, "{order:?} {}", listing.community.name);
            let searched = CommunityQuery { search: Some(&listing.community.name), ..query };
            assert_eq!(store.count_communities_before(searched, standpoint, now).await?, 0);
        }
    }
    Ok(())
}

/// The longest membership first, and no more than asked for.
pub async fn an_agents_communities_come_as_it_joined_them(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    for (name, at) in [("first", 3), ("second", 1), ("third", 2)] {
        let created = found(store, name, ada).await?;
        store.admit_member(created.community.number, bob, minute(at)).await?;
    }
    let own = store.communities_of(bob, 10).await?;
    let joined: Vec<_> = own.iter().map(|belonging| &*belonging.listing.community.name).collect();
    assert_eq!(joined, ["second", "third", "first"]);
    assert_eq!(own[0].listing.members, 2);
    assert_eq!(store.communities_of(bob, 2).await?.len(), 2);
    Ok(())
}

fn report(
    conversation: ConversationNo,
    community: Option<CommunityNo>,
    reporter: AgentNo,
    target: AgentNo,
) -> NewReport {
    NewReport {
        conversation,
        community,
        reporter,
        target,
        reason: Some("rude".into()),
        reported_at: minute(2),
        counted_if_registered_by: minute(1),
    }
}

/// For each channel, reporter and target.
pub async fn a_report_is_made_once(store: &dyn Store) -> Result<(), StoreError> {
    let hub = open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = found(store, "den", ada).await?;
    let general = den.channels[0].number;
    let community = Some(den.community.number);
    for new in [
        report(general, community, bob, eve),
        report(general, community, eve, bob),
        report(general, community, ada, eve),
        report(hub.lobby, None, bob, eve),
    ] {
        assert!(matches!(store.report_agent(&new).await?, Reporting::Noted { .. }));
        assert_eq!(store.report_agent(&new).await?, Reporting::Repeated);
    }
    Ok(())
}

/// Whatever the target or of one alone, with where it was; what is gone is not named any more.
pub async fn the_report_book_is_read_newest_first(store: &dyn Store) -> Result<(), StoreError> {
    let hub = open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = found(store, "den", ada).await?;
    let (general, community) = (den.channels[0].number, Some(den.community.number));
    let unreasoned = NewReport { reason: None, ..report(hub.lobby, None, bob, eve) };
    for new in [report(general, community, bob, eve), report(general, community, eve, bob), unreasoned] {
        store.report_agent(&new).await?;
    }
    let book = store.reports(None, 10).await?;
    let pairs: Vec<_> = book.iter().map(|report| (report.reporter, report.target)).collect();
    assert_eq!(pairs, [(bob, eve), (eve, bob), (bob, eve)]);
    assert_eq!((book[0].conversation, &book[0].channel, &book[0].community), (Some(hub.lobby_id), &None, &None));
    assert_eq!((&book[0].reason, book[0].reported_at), (&None, minute(2)));
    assert_eq!(book[1].conversation, Some(den.channels[0].id));
    assert_eq!(book[1].channel.as_deref(), Some(&*den.channels[0].name));
    assert_eq!((book[1].community.as_deref(), book[1].reason.as_deref()), (Some("den"), Some("rude")));

    assert_eq!(store.reports(None, 1).await?, book[..1]);
    assert_eq!(store.reports(Some(eve), 10).await?, [book[0].clone(), book[2].clone()]);
    assert_eq!(store.reports(Some(eve), 1).await?, book[..1]);
    assert!(store.reports(Some(ada), 10).await?.is_empty());

    assert!(store.delete_community(den.community.number, minute(3)).await?);
    while store.sweep_communities(minute(4), 100).await?.rows > 0 {}
    let left = store.reports(Some(bob), 10).await?.remove(0);
    assert_eq!((left.conversation, left.channel, left.community), (None, None, None));
    Ok(())
}

/// Who never had a tier computed is written down and not counted.
pub async fn a_reporter_without_a_tier_is_not_counted(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = found(store, "den", ada).await?;
    let new = report(den.channels[0].number, Some(den.community.number), ada, bob);
    assert_eq!(store.report_agent(&new).await?, Reporting::Noted { counted: 0 });
    Ok(())
}

/// Those whom trust ranks as provisional or better, who are not quarantined and not new.
pub async fn reporters_of_standing_are_counted(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, eve) = (join(store, "ada").await?, join(store, "eve").await?);
    let den = found(store, "den", ada).await?;
    let (channel, den) = (den.channels[0].number, Some(den.community.number));
    let named = join(store, "named").await?;
    store.set_seed(named, true, &entry("seed.named", None)).await?;
    let uncomputed = store.report_agent(&report(channel, den, named, eve)).await?;
    assert_eq!(uncomputed, Reporting::Noted { counted: 0 });
    let late = NewAgent { now: minute(2), ..agent("late") };
    let late = register(store, &late).await?.number;
    let mut counts = Vec::new();
    for (name, earned, quarantine) in [
        ("bob", Tier::Provisional, None),
        ("cyd", Tier::Untrusted, None),
        ("dan", Tier::Trusted, None),
        ("fay", Tier::Trusted, Some(Quarantine::Flags)),
        ("gil", Tier::Untrusted, None),
        ("late", Tier::Trusted, None),
    ] {
        let reporter = if name == "late" { late } else { join(store, name).await? };
        if name == "gil" {
            store.set_seed(reporter, true, &entry("seed.named", None)).await?;
        }
        let known = store.trust_of(&[reporter]).await?.pop().unwrap_or_else(|| TrustRecord::unknown(reporter));
        let trust = TrustRecord { earned, quarantine, ..known };
        store.save_standings(&[NewStanding { trust, next_trial_at: None }], minute(1)).await?;
        match store.report_agent(&report(channel, den, reporter, eve)).await? {
            Reporting::Noted { counted } => counts.push(counted),
            Reporting::Repeated => panic!("{name} reports once"),
        }
    }
    assert_eq!(counts, [1, 1, 2, 2, 3, 3]);
    Ok(())
}
