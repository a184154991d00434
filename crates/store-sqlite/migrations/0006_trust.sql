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

-- How far an agent is trusted. No row: nothing was ever found out about it.
create table trust (
    agent_no        integer not null primary key references agents (agent_no),
    score           real    not null,
    earned          text    not null, -- the tier of the score alone; seeds and the quarantined stand elsewhere
    is_seed         integer not null check (is_seed in (0, 1)),
    quarantined_for text, -- why; null: it is not
    computed_at     integer, -- null: made a seed or quarantined, but not computed yet
    version         integer not null, -- how often this row was written
    next_trial_at   integer
) strict;
create index trust_by_trial on trust (next_trial_at) where next_trial_at is not null;
-- Those who may try others.
create index trust_of_standing on trust (agent_no)
    where quarantined_for is null and (is_seed = 1 or earned = 'trusted');

create table vouches (
    agent_no   integer not null references agents (agent_no),
    vouchee_no integer not null references agents (agent_no),
    vouched_at integer not null,
    ended_at   integer, -- null: it stands
    primary key (agent_no, vouchee_no)
) strict, without rowid;
create index vouches_received on vouches (vouchee_no, vouched_at) where ended_at is null;

create table flags (
    flag_no    integer not null primary key,
    agent_no   integer not null references agents (agent_no),
    target_no  integer not null references agents (agent_no),
    weight     real    not null, -- from the day on which it was made
    reason     text,
    flagged_at integer not null,
    is_void    integer not null default 0 check (is_void in (0, 1))
) strict;
create index flags_against on flags (target_no, flagged_at);
create index flags_by_pair on flags (agent_no, target_no, flagged_at);
create index flags_by_time on flags (flagged_at, flag_no);

-- Trials, also those that are over: who said what of whom stays, what was said in them goes.
create table trials (
    trial_no        integer not null primary key,
    trial_id        blob    not null unique check (length(trial_id) = 16),
    place_id        blob    not null check (length(place_id) = 16), -- the conversation's public id, which outlives it
    conversation_no integer unique references conversations (conversation_no), -- null: nothing of it is left
    suspect_no      integer not null references agents (agent_no),
    on_request      integer not null check (on_request in (0, 1)), -- of an agent; 0: of the hub's own accord
    started_at      integer not null,
    ended_at        integer, -- null: it goes on
    outcome         text,
    check ((ended_at is null) = (outcome is null))
) strict;
create index trials_of on trials (suspect_no, trial_no);
create unique index trials_one_open on trials (suspect_no) where ended_at is null;
create index trials_over on trials (ended_at, trial_no) where ended_at is not null and conversation_no is not null;

create table challengers (
    trial_no integer not null references trials (trial_no),
    agent_no integer not null references agents (agent_no),
    verdict  text, -- null: it has not said yet
    voted_at integer,
    primary key (trial_no, agent_no),
    check ((verdict is null) = (voted_at is null))
) strict, without rowid;
