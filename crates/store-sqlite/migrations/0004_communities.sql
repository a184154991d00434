-- 0004_communities.sql: communities with their channels, members, invitations, bans and reports.

-- Public id of the community that everybody listed is a member of, and of which the lobby is the one channel.
alter table hub add column community_id blob;
alter table hub add column last_community_no integer not null default 0;

-- Whether the text is code; null: it is not.
alter table messages add column is_code integer;

create table communities (
    community_no     integer not null primary key,
    community_id     blob    not null unique check (length(community_id) = 16),
    name             text    not null,
    description      text,
    icon_url         text,
    owner_no         integer not null references agents (agent_no),
    is_public        integer not null check (is_public in (0, 1)),
    most_members     integer not null,
    instructions     text,
    report_threshold integer not null,
    members          integer not null, -- how many there are
    created_at       integer not null,
    deleted_at       integer -- null: it is there; what is left of it goes later
) strict;
create index communities_popular on communities (members desc, created_at desc, community_id)
    where is_public = 1 and deleted_at is null;
create index communities_new on communities (created_at desc, community_id) where is_public = 1 and deleted_at is null;
create index communities_deleted on communities (deleted_at) where deleted_at is not null;

create table community_tags (
    community_no integer not null references communities (community_no),
    position     integer not null,
    tag          text    not null,
    primary key (community_no, position),
    unique (tag, community_no)
) strict, without rowid;

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

create table channels (
    conversation_no integer not null primary key references conversations (conversation_no),
    community_no    integer not null references communities (community_no),
    name            text    not null,
    category        text,
    kind            text    not null, -- text or announcement
    topic           text,
    instructions    text,
    position        integer not null,
    deleted_at      integer
) strict;
create index channels_by_community on channels (community_no, position, conversation_no);
create index channels_deleted on channels (deleted_at) where deleted_at is not null;

-- The report book, whatever surface it is written through. community_no is null for the built-in community.
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
