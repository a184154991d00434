//! How the statements that must stay fast are carried out: from an index in its order, without sorting.

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::schema::connect;

/// The steps of a statement.
async fn plan(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let steps = sqlx::query(AssertSqlSafe(format!("explain query plan {sql}"))).fetch_all(connection).await.unwrap();
    steps.iter().map(|step| step.get("detail")).collect()
}

/// Asserts that each of `steps` is among those of the statement, and that nothing is sorted.
async fn assert_plan(sql: &str, steps: &[&str]) {
    let (_keep, mut connection) = connect().await;
    let plan = plan(&mut connection, sql).await;
    for step in steps {
        assert!(plan.iter().any(|found| found.starts_with(step)), "no {step:?} in {plan:#?}");
    }
    assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY")), "{plan:#?}");
}

#[tokio::test]
async fn the_public_list_is_read_from_its_index() {
    assert_plan(
        "select agent_no, active_at
         from agents indexed by agents_listed
         where is_listed = 1 and is_system = 0 and state = 'active'
         and agent_no not in (select value from json_each('[1]'))
         order by active_at desc, agent_no
         limit 100",
        &["SCAN agents USING INDEX agents_listed"],
    )
    .await;
}

#[tokio::test]
async fn a_page_of_rooms_is_read_from_its_index() {
    for (index, and, step) in [
        ("rooms_by_number", "", "SCAN rooms USING COVERING INDEX rooms_by_number"),
        (
            "rooms_by_visibility",
            "and visibility = 'public'",
            "SEARCH rooms USING COVERING INDEX rooms_by_visibility (visibility=?)",
        ),
    ] {
        let sql = format!(
            "select r.name, c.members, m.seq,
                    exists (select 1 from participants p where p.conversation_no = l.conversation_no and p.agent_no = 1)
             from (
                 select conversation_no
                 from rooms indexed by {index}
                 where expires_at > 1 {and}
                 order by conversation_no desc
                 limit 50 offset 50
             ) l
             join rooms r on r.conversation_no = l.conversation_no
             join conversations c on c.conversation_no = l.conversation_no
             left join messages m on m.message_no = (
                 select message_no
                 from messages
                 where conversation_no = l.conversation_no
                 order by seq desc
                 limit 1
             )"
        );
        let each = [
            step,
            "SEARCH r USING INTEGER PRIMARY KEY",
            "SEARCH c USING INTEGER PRIMARY KEY",
            "SEARCH m USING INTEGER PRIMARY KEY",
            "SEARCH messages USING COVERING INDEX sqlite_autoindex_messages_2 (conversation_no=?)",
            "SEARCH p USING PRIMARY KEY (conversation_no=? AND agent_no=?)",
        ];
        assert_plan(&sql, &each).await;
    }
}

#[tokio::test]
async fn the_first_members_of_rooms_are_read_from_their_index() {
    let sql = "select agent_no
               from participants indexed by participants_by_standing
               where conversation_no = 1 and standing = 'joined'
               order by since, agent_no
               limit 6";
    let index = "SEARCH participants USING COVERING INDEX participants_by_standing (conversation_no=? AND standing=?)";
    assert_plan(sql, &[index]).await;
}

#[tokio::test]
async fn rooms_are_counted_in_an_index() {
    let ended = "SEARCH rooms USING COVERING INDEX rooms_by_end (expires_at>?)";
    assert_plan("select count(*) from rooms where expires_at > 1", &[ended]).await;
    let by_visibility = "select count(*) from rooms where expires_at > 1 and visibility = 'public'";
    assert_plan(by_visibility, &["SEARCH rooms USING COVERING INDEX rooms_by_visibility (visibility=?)"]).await;
}

#[tokio::test]
async fn what_is_swept_is_found_by_its_room() {
    assert_plan(
        "select r.conversation_no, r.visibility,
                (select coalesce(max(m.seq), 0) from messages m where m.conversation_no = r.conversation_no)
         from rooms r indexed by rooms_by_end
         where r.expires_at <= 1
         order by r.expires_at, r.conversation_no
         limit 250",
        &[
            "SEARCH r USING COVERING INDEX rooms_by_end (expires_at<?)",
            "SEARCH m USING COVERING INDEX sqlite_autoindex_messages_2 (conversation_no=?)",
        ],
    )
    .await;
    assert_plan(
        "delete from messages
         where message_no in (
             select m.message_no
             from json_each('[]') w
             join messages m on m.conversation_no = w.value ->> 0 and m.seq > w.value ->> 1
         )",
        &[
            "SEARCH messages USING INTEGER PRIMARY KEY",
            "SEARCH m USING COVERING INDEX sqlite_autoindex_messages_2 (conversation_no=? AND seq>?)",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_covered_is_not_read_to_catch_up() {
    assert_plan(
        "select author_no
         from messages not indexed
         where message_no > (select tallied_no from hub)
         and conversation_no in (
             select conversation_no from conversations where kind = 'lobby'
             union all
             select conversation_no from rooms where visibility = 'public'
         )",
        &["SEARCH messages USING INTEGER PRIMARY KEY (rowid>?)"],
    )
    .await;
}

#[tokio::test]
async fn relations_are_read_from_their_indexes() {
    for (sql, step) in [
        (
            "select f.friend_no, v.view_id, v.opened_at
             from friendships f indexed by friendships_newest
             join views v on v.view_no = f.view_no
             where f.agent_no = 1
             order by f.view_no desc
             limit 50",
            "SEARCH f USING COVERING INDEX friendships_newest (agent_no=?)",
        ),
        (
            "select request_id, from_no from friend_requests where to_no = 1 order by request_no desc limit 50",
            "SEARCH friend_requests USING INDEX friend_requests_incoming (to_no=?)",
        ),
        (
            "select request_id, from_no from friend_requests where from_no = 1 order by request_no desc limit 50",
            "SEARCH friend_requests USING INDEX friend_requests_outgoing (from_no=?)",
        ),
        (
            "select blocked_no, blocked_at
             from blocks indexed by blocks_newest
             where agent_no = 1
             order by blocked_at desc, blocked_no desc
             limit 50",
            "SEARCH blocks USING COVERING INDEX blocks_newest (agent_no=?)",
        ),
        (
            "delete from friend_requests
             where min(from_no, to_no) = min(1, 2)
             and max(from_no, to_no) = max(1, 2)",
            "SEARCH friend_requests USING INDEX friend_requests_one_a_pair (<expr>=? AND <expr>=?)",
        ),
    ] {
        assert_plan(sql, &[step]).await;
    }
}

#[tokio::test]
async fn a_direct_conversation_is_found_without_a_scan() {
    assert_plan(
        "select c.conversation_id, v.view_id, m.seq
         from directs d
         join conversations c on c.conversation_no = d.conversation_no
         left join views v on v.conversation_no = d.conversation_no and v.ended_at is null
         left join messages m on m.message_no = (
             select message_no
             from messages
             where conversation_no = d.conversation_no
             order by seq desc
             limit 1
         )
         where d.conversation_no = coalesce(
             null,
             (select conversation_no from conversations where conversation_id = x'00'),
             (select conversation_no from views where view_id = x'00' and ended_at is null)
         )",
        &[
            "SEARCH d USING INTEGER PRIMARY KEY",
            "SEARCH c USING INTEGER PRIMARY KEY",
            "SEARCH v USING INDEX views_one_open (conversation_no=?)",
            "SEARCH m USING INTEGER PRIMARY KEY",
            "SEARCH conversations USING COVERING INDEX sqlite_autoindex_conversations_1 (conversation_id=?)",
            "SEARCH views USING INDEX sqlite_autoindex_views_1 (view_id=?)",
        ],
    )
    .await;
}

#[tokio::test]
async fn who_was_written_to_is_found_by_its_row() {
    assert_plan(
        "update direct_sides
         set received_at = r.at
         from (
             select value ->> 0 as agent_no, value ->> 1 as conversation_no, max(value ->> 2) as at
             from json_each('[]')
             group by value ->> 0, value ->> 1
         ) r
         where direct_sides.agent_no = r.agent_no
         and direct_sides.conversation_no = r.conversation_no
         and r.at > coalesce(direct_sides.received_at, 0)",
        &["SEARCH direct_sides USING PRIMARY KEY (agent_no=? AND conversation_no=?)"],
    )
    .await;
}

#[tokio::test]
async fn what_trust_is_computed_from_is_read_in_the_order_of_its_keys() {
    for (table, from, to) in [
        ("reaction_counts", "agent_no", "author_no"),
        ("friendships", "agent_no", "friend_no"),
        ("vouches", "agent_no", "vouchee_no"),
        ("blocks", "agent_no", "blocked_no"),
    ] {
        let sql =
            format!("select {from}, {to} from {table} where ({from}, {to}) > (1, 1) order by {from}, {to} limit 5000");
        assert_plan(&sql, &[&format!("SEARCH {table} USING PRIMARY KEY (({from},{to})>(?,?))")]).await;
    }
    let reports = "select report_no from reports where (report_no, 0) > (1, 0) order by report_no limit 5000";
    assert_plan(reports, &["SEARCH reports USING INTEGER PRIMARY KEY (rowid>?)"]).await;
    let flags = "select flag_no, weight
                 from flags indexed by flags_by_time
                 where (flagged_at, flag_no) > (1, 1) and is_void = 0
                 order by flagged_at, flag_no
                 limit 500";
    assert_plan(flags, &["SEARCH flags USING INDEX flags_by_time (flagged_at>?)"]).await;
    let assessed = "select a.agent_no, a.created_at, t.score
                    from agents a
                    left join trust t on t.agent_no = a.agent_no
                    where a.is_system = 0 and a.state = 'active' and a.agent_no > 1
                    order by a.agent_no
                    limit 500";
    let by_number =
        ["SEARCH a USING INDEX agents_by_state (state=? AND agent_no>?)", "SEARCH t USING INTEGER PRIMARY KEY"];
    assert_plan(assessed, &by_number).await;
}

#[tokio::test]
async fn a_page_of_communities_is_read_from_its_index() {
    for (index, order) in [
        ("communities_popular", "p.members desc, p.created_at desc, p.community_id"),
        ("communities_new", "p.created_at desc, p.community_id"),
    ] {
        let sql = format!(
            "select p.community_no
             from communities p indexed by {index}
             where p.is_public = 1 and p.deleted_at is null
             and (?1 is null or instr(p.folded, ?1) > 0)
             and (?2 is null or exists (
                 select 1 from community_tags t where t.tag = ?2 and t.community_no = p.community_no
             ))
             order by {order}
             limit 20 offset 20"
        );
        let scan = format!("SCAN p USING INDEX {index}");
        assert_plan(&sql, &[&scan, "SEARCH t USING PRIMARY KEY (tag=? AND community_no=?)"]).await;
    }
}

#[tokio::test]
async fn who_has_more_members_is_counted_in_an_index() {
    assert_plan(
        "select count(*)
         from communities p indexed by communities_popular
         where p.is_public = 1 and p.deleted_at is null
         and p.members >= 5
         and (p.members > 5 or p.created_at > 1 or (p.created_at = 1 and p.community_id < x'00'))",
        &["SEARCH p USING INDEX communities_popular (members>?)"],
    )
    .await;
}

#[tokio::test]
async fn what_belongs_to_a_community_is_found_by_it() {
    for (sql, step) in [
        (
            "select agent_no, role, since from community_members where community_no = 1",
            "SEARCH community_members USING PRIMARY KEY (community_no=?)",
        ),
        (
            "select conversation_no from channels where community_no = 1 order by position, conversation_no",
            "SEARCH channels USING COVERING INDEX channels_by_community (community_no=?)",
        ),
        (
            "select agent_no from community_bans where community_no = 1 order by banned_at desc, agent_no limit 10",
            "SEARCH community_bans USING COVERING INDEX community_bans_by_time (community_no=?)",
        ),
        (
            "select community_no from community_members where agent_no = 1 order by since, community_no limit 10",
            "SEARCH community_members USING COVERING INDEX community_members_by_agent (agent_no=?)",
        ),
        (
            "select distinct reporter_no from reports where community_no = 1 and target_no = 2",
            "SEARCH reports USING COVERING INDEX reports_in_community (community_no=? AND target_no=?)",
        ),
    ] {
        assert_plan(sql, &[step]).await;
    }
}

#[tokio::test]
async fn what_was_deleted_is_swept_from_indexes() {
    for (sql, step) in [
        (
            "select conversation_no from channels indexed by channels_deleted
             where deleted_at <= 1 order by deleted_at, conversation_no limit 1",
            "SEARCH channels USING COVERING INDEX channels_deleted (deleted_at<?)",
        ),
        (
            "select community_no from communities indexed by communities_deleted
             where deleted_at <= 1 order by deleted_at, community_no limit 1",
            "SEARCH communities USING COVERING INDEX communities_deleted (deleted_at<?)",
        ),
        (
            "select r.message_no
             from (select message_no from messages where conversation_no = 1 order by seq desc limit 150) m
             join reactions r on r.message_no = m.message_no
             limit 150",
            "SEARCH r USING PRIMARY KEY (message_no=?)",
        ),
        (
            "select report_no from reports where conversation_no = 1 limit 150",
            "SEARCH reports USING COVERING INDEX reports_once (conversation_no=?)",
        ),
    ] {
        assert_plan(sql, &[step]).await;
    }
}

/// What was read before costs nothing: the walk takes one message after the other from the end.
#[tokio::test]
async fn what_is_unread_is_walked_to_from_the_end() {
    assert_plan(
        "with recursive
         written as materialized (
             select s.conversation_no, v.begins_after,
                    (select max(seq) from messages where conversation_no = s.conversation_no) as last_seq
             from direct_sides s indexed by direct_sides_by_time
             cross join directs d on d.conversation_no = s.conversation_no
             cross join views v indexed by views_one_open on v.conversation_no = s.conversation_no and v.ended_at is null
             where s.agent_no = 1
             and s.received_at > 1
             order by s.received_at desc
             limit 10000
         ),
         walk (conversation_no, begins_after, seq, steps) as (
             select w.conversation_no, w.begins_after, m.seq, 1
             from written w
             cross join messages m on m.conversation_no = w.conversation_no and m.seq = w.last_seq
             where m.seq > w.begins_after
             and m.created_at > 1
             union all
             select w.conversation_no, w.begins_after, m.seq, w.steps + 1
             from walk w
             cross join messages m on m.conversation_no = w.conversation_no and m.seq = w.seq - 1
             where w.steps < 10000
             and m.seq > w.begins_after
             and m.created_at > 1
         )
         select conversation_no, seq from walk",
        &[
            "SEARCH s USING COVERING INDEX direct_sides_by_time (agent_no=? AND received_at>?)",
            "SEARCH d USING INTEGER PRIMARY KEY",
            "SEARCH v USING INDEX views_one_open (conversation_no=?)",
            "SEARCH messages USING COVERING INDEX sqlite_autoindex_messages_2 (conversation_no=?)",
            "SEARCH m USING INDEX sqlite_autoindex_messages_2 (conversation_no=? AND seq=?)",
        ],
    )
    .await;
}

#[tokio::test]
async fn trials_are_found_by_their_indexes() {
    for (sql, step) in [
        (
            "select agent_no from trust indexed by trust_by_trial where next_trial_at <= 1 order by next_trial_at limit 10",
            "SEARCH trust USING COVERING INDEX trust_by_trial (next_trial_at<?)",
        ),
        (
            "select trial_no from trials indexed by trials_of where suspect_no = 1 order by trial_no desc limit 10",
            "SEARCH trials USING COVERING INDEX trials_of (suspect_no=?)",
        ),
        (
            "select conversation_no from trials indexed by trials_over
             where ended_at <= 1 and conversation_no is not null order by ended_at, trial_no limit 1",
            "SEARCH trials USING INDEX trials_over (ended_at<?)",
        ),
        (
            "select t.agent_no
             from trust t indexed by trust_of_standing
             cross join agents a on a.agent_no = t.agent_no
             where t.quarantined_for is null and (t.is_seed = 1 or t.earned = 'trusted')
             and t.agent_no <> 1
             and a.state = 'active' and a.is_system = 0
             and not exists (select 1 from friendships f where f.agent_no = 1 and f.friend_no = t.agent_no)
             order by t.agent_no
             limit 10",
            "SEARCH f USING PRIMARY KEY (agent_no=? AND friend_no=?)",
        ),
    ] {
        assert_plan(sql, &[step]).await;
    }
}

#[tokio::test]
async fn a_contact_book_is_read_in_the_order_of_its_index() {
    assert_plan(
        "select c.contact_no, c.name_key, c.notes, c.added_at
         from contacts c indexed by contacts_by_name
         join agents a on a.agent_no = c.contact_no
         where c.agent_no = 1 and a.state = 'active'
         order by c.name_key
         limit 50 offset 50",
        &["SEARCH c USING INDEX contacts_by_name (agent_no=?)", "SEARCH a USING INTEGER PRIMARY KEY (rowid=?)"],
    )
    .await;
}

#[tokio::test]
async fn complaints_are_counted_in_their_indexes_alone() {
    assert_plan(
        "select (
             select count(*)
             from blocks b indexed by blocks_against
             where b.counts = 1 and b.blocked_no = a.agent_no and b.blocked_at > max(1, coalesce(a.pardoned_at, 0))
         ), (
             select count(*)
             from reports r indexed by reports_against
             where r.counts = 1 and r.target_no = a.agent_no and r.reported_at > max(1, coalesce(a.pardoned_at, 0))
         )
         from agents a
         where a.agent_no = 1",
        &[
            "SEARCH b USING COVERING INDEX blocks_against (blocked_no=? AND blocked_at>?)",
            "SEARCH r USING COVERING INDEX reports_against (target_no=? AND reported_at>?)",
        ],
    )
    .await;
}
