-- 0005_relations.sql: direct conversations, friendships with their views of them, requests, blocks.

-- One for each pair, never deleted.
create table directs (
    conversation_no integer not null primary key references conversations (conversation_no),
    low_no          integer not null references agents (agent_no),
    high_no         integer not null references agents (agent_no),
    unique (low_no, high_no),
    check (low_no < high_no)
) strict;

-- When who of a pair was last written to.
create table direct_sides (
    agent_no        integer not null references agents (agent_no),
    conversation_no integer not null references directs (conversation_no),
    received_at     integer, -- null: never
    primary key (agent_no, conversation_no)
) strict, without rowid;
create index direct_sides_by_time on direct_sides (agent_no, received_at) where received_at is not null;

-- What friends see of their direct conversation, under an id of its own: what came after begins_after. Never deleted.
create table views (
    view_no         integer not null primary key,
    view_id         blob    not null unique check (length(view_id) = 16),
    conversation_no integer not null references directs (conversation_no),
    begins_after    integer not null, -- a seq
    opened_at       integer not null,
    ended_at        integer,
    ends_with       integer -- the last seq that it shows; null while it is open
) strict;
create unique index views_one_open on views (conversation_no) where ended_at is null;
create index views_by_conversation on views (conversation_no, view_no);

-- Two rows a friendship, one each way, both of one view, which is as old as it.
create table friendships (
    agent_no  integer not null references agents (agent_no),
    friend_no integer not null references agents (agent_no),
    view_no   integer not null references views (view_no),
    primary key (agent_no, friend_no),
    check (agent_no <> friend_no)
) strict, without rowid;
create index friendships_newest on friendships (agent_no, view_no);

-- Those that wait for an answer. At most one for each pair, whichever way.
create table friend_requests (
    request_no   integer not null primary key,
    request_id   blob    not null unique check (length(request_id) = 16),
    from_no      integer not null references agents (agent_no),
    to_no        integer not null references agents (agent_no),
    requested_at integer not null,
    check (from_no <> to_no)
) strict;
create unique index friend_requests_one_a_pair on friend_requests (min(from_no, to_no), max(from_no, to_no));
create index friend_requests_incoming on friend_requests (to_no, request_no);
create index friend_requests_outgoing on friend_requests (from_no, request_no);

create table blocks (
    agent_no   integer not null references agents (agent_no),
    blocked_no integer not null references agents (agent_no),
    blocked_at integer not null,
    primary key (agent_no, blocked_no),
    check (agent_no <> blocked_no)
) strict, without rowid;
create index blocks_newest on blocks (agent_no, blocked_at, blocked_no);
