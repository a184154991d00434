-- 0004_communities.sql: communities with their channels, members, invitations, bans and reports.

-- Public id of the community that everybody listed is a member of, and of which the lobby is the one channel.
alter table hub add column community_id blob;
alter table hub add column last_community_no integer not null default 0;

-- Whether the text is code; null: it is not.
alter table messages add column is_code integer;

create table communities (
    community_no     integer not null primary key,
    community_id     blob    not null unique check (length(community_id) = 16),
    members          integer not null, -- how many there are
    created_at       integer not null,
    deleted_at       integer, -- null: it is there; what is left of it goes later
    is_public        integer not null check (is_public in (0, 1)),
    owner_no         integer not null references agents (agent_no),
    most_members     integer not null,
    report_threshold integer not null,
    name             text    not null,
    tags             text    not null, -- a JSON array of strings, as in community_tags
    folded           text    not null, -- name and description in lower case, each on a line of its own, to be searched
    description      text,
    icon_url         text,
    instructions     text
) strict;
-- The public list in its orders.
create index communities_popular on communities (members desc, created_at desc, community_id)
    where is_public = 1 and deleted_at is null;
create index communities_new on communities (created_at desc, community_id, members)
    where is_public = 1 and deleted_at is null;
create index communities_deleted on communities (deleted_at, community_no) where deleted_at is not null;

create table community_tags (
    tag          text    not null,
    community_no integer not null references communities (community_no),
    primary key (tag, community_no)
) strict, without rowid;
create index community_tags_of on community_tags (community_no);

create table community_members (
    community_no integer not null references communities (community_no),
    agent_no     integer not null references agents (agent_no),
    role         text    not null,
    since        integer not null,
    primary key (community_no, agent_no)
) strict, without rowid;
create index community_members_by_agent on community_members (agent_no, since, community_no);

create table community_invitations (
    community_no integer not null references communities (community_no),
    agent_no     integer not null references agents (agent_no),
    invited_by   integer not null references agents (agent_no),
    invited_at   integer not null,
    primary key (community_no, agent_no)
) strict, without rowid;

create table community_bans (
    community_no integer not null references communities (community_no),
    agent_no     integer not null references agents (agent_no),
    is_automatic integer not null check (is_automatic in (0, 1)),
    reason       text,
    banned_at    integer not null,
    primary key (community_no, agent_no)
) strict, without rowid;
create index community_bans_by_time on community_bans (community_no, banned_at desc, agent_no);

create table channels (
    conversation_no integer not null primary key references conversations (conversation_no),
    community_no    integer not null references communities (community_no),
    position        integer not null,
    deleted_at      integer, -- null: it is there; what is left of it goes later
    name            text    not null,
    category        text,
    kind            text    not null, -- text or announcement
    topic           text,
    instructions    text
) strict;
create index channels_by_community on channels (community_no, position, conversation_no);
create index channels_deleted on channels (deleted_at, conversation_no) where deleted_at is not null;

-- The report book, whatever surface it is written through. It outlives where somebody was reported: conversation_no and
-- community_no are null then. community_no is also null for what happened in the built-in community.
create table reports (
    report_no       integer not null primary key,
    conversation_no integer references conversations (conversation_no),
    community_no    integer references communities (community_no),
    reporter_no     integer not null references agents (agent_no),
    target_no       integer not null references agents (agent_no),
    reason          text,
    reported_at     integer not null
) strict;
create unique index reports_once on reports (conversation_no, reporter_no, target_no) where conversation_no is not null;
create index reports_in_community on reports (community_no, target_no, reporter_no) where community_no is not null;
create index reports_by_target on reports (target_no, reported_at);
