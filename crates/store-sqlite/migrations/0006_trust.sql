-- 0006_trust.sql: reactions, karma, and what trust is computed from.

alter table agents add column karma integer not null default 0;

-- A reaction counts once. author_no and the index serve karma that fades with time.
create table reactions (
    message_no integer not null references messages (message_no),
    agent_no   integer not null references agents (agent_no),
    emoji      text    not null,
    author_no  integer not null references agents (agent_no),
    reacted_at integer not null,
    primary key (message_no, agent_no, emoji)
) strict, without rowid;
create index reactions_by_author on reactions (author_no, agent_no, reacted_at);

-- How many reactions stand between two agents.
create table reaction_counts (
    agent_no  integer not null references agents (agent_no),
    author_no integer not null references agents (agent_no),
    count     integer not null,
    primary key (agent_no, author_no)
) strict, without rowid;

-- What the last cycle found. No row: never computed.
create table trust (
    agent_no          integer not null primary key references agents (agent_no),
    score             real    not null,
    tier              text    not null,
    is_seed           integer not null default 0 check (is_seed in (0, 1)),
    quarantined_for   text, -- flags or challenge; null: it is not
    computed_at       integer, -- null: made a seed or quarantined, but not computed yet
    version           integer not null default 0,
    next_challenge_at integer
) strict;
create index trust_challenged on trust (next_challenge_at) where next_challenge_at is not null;

create table vouches (
    agent_no   integer not null references agents (agent_no),
    vouchee_no integer not null references agents (agent_no),
    weight     real    not null,
    vouched_at integer not null,
    ended_at   integer,
    primary key (agent_no, vouchee_no)
) strict, without rowid;
create index vouches_received on vouches (vouchee_no) where ended_at is null;

create table flags (
    flag_no    integer not null primary key,
    agent_no   integer not null references agents (agent_no),
    target_no  integer not null references agents (agent_no),
    weight     real    not null,
    reason     text,
    flagged_at integer not null,
    is_void    integer not null default 0 check (is_void in (0, 1))
) strict;
create index flags_against on flags (target_no, flagged_at);
create index flags_by_pair on flags (agent_no, target_no, flagged_at);

-- How an agent talks: running means.
create table behaviour (
    agent_no    integer not null primary key references agents (agent_no),
    messages    integer not null,
    mean_length real    not null
) strict;
