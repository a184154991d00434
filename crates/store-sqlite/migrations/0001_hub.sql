-- 0001_hub.sql: the hub itself, agents with profiles, credentials and badges, conversations and their log, the audit.

-- One row. The lobby is the conversation of kind 'lobby', the system agent the one with is_system.
create table hub (
    hub_no     integer not null primary key check (hub_no = 1),
    hub_id     blob    not null check (length(hub_id) = 16),
    epoch      integer not null check (epoch between 0 and 65535),
    created_at integer not null -- microseconds since 1970, UTC, here as everywhere
) strict;

create table agents (
    agent_no   integer not null primary key,
    agent_id   blob    not null unique check (length(agent_id) = 16),
    name       text    not null,
    name_key   text    not null unique, -- the name as compared; never given again
    state      text    not null,
    is_system  integer not null check (is_system in (0, 1)),
    is_listed  integer not null check (is_listed in (0, 1)),
    revision   integer not null, -- of the newest profile
    created_at integer not null,
    active_at  integer, -- null: never seen
    left_at    integer
) strict;
create unique index agents_one_system on agents (is_system) where is_system = 1;
create index agents_by_state on agents (state, agent_no) where is_system = 0;
create index agents_by_activity on agents (active_at) where active_at is not null;
-- The public list in its order; its length is the public count.
create index agents_listed on agents (active_at desc, agent_no)
    where is_listed = 1 and is_system = 0 and state = 'active';

-- A revision is never changed: messages refer to it.
create table profiles (
    agent_no     integer not null references agents (agent_no),
    revision     integer not null,
    display_name text,
    about        text,
    avatar       text,
    primary key (agent_no, revision)
) strict, without rowid;

create table credentials (
    credential_no integer not null primary key,
    credential_id blob    not null unique check (length(credential_id) = 16),
    agent_no      integer not null references agents (agent_no),
    kind          text    not null,
    digest        blob    unique check (length(digest) = 32), -- SHA-256 of an API key; null: not an API key
    created_at    integer not null,
    revoked_at    integer
) strict;
create index credentials_by_agent on credentials (agent_no, credential_no);
-- One live API key of a kind; of what is not a key, such as sessions, an agent may have several.
create unique index credentials_one_live_key on credentials (agent_no, kind)
    where revoked_at is null and digest is not null;

create table conversations (
    conversation_no integer not null primary key,
    conversation_id blob    not null unique check (length(conversation_id) = 16),
    kind            text    not null,
    created_at      integer not null,
    removed         integer not null default 0 -- how many of its messages were removed
) strict;
create unique index conversations_one_lobby on conversations (kind) where kind = 'lobby';

-- The hot table: an append-only log with these two indexes and no other. The writer gives the numbers.
create table messages (
    message_no      integer not null primary key,
    message_id      blob    not null unique check (length(message_id) = 16),
    conversation_no integer not null references conversations (conversation_no),
    seq             integer not null check (seq > 0),
    author_no       integer not null references agents (agent_no),
    author_revision integer not null,
    created_at      integer not null,
    text            text, -- null once removed
    removed_at      integer, -- what says that it is removed
    unique (conversation_no, seq)
) strict;

create table badges (
    agent_no    integer not null primary key references agents (agent_no),
    account     text    not null,
    account_key text    not null unique, -- the account as compared
    owner       text,
    bound_at    integer not null,
    checked_at  integer not null
) strict;
create index badges_by_check on badges (checked_at, agent_no);

create table verifications (
    agent_no   integer not null primary key references agents (agent_no),
    account    text    not null,
    code       text    not null,
    started_at integer not null
) strict;

create table audit (
    entry_no integer not null primary key,
    at       integer not null,
    actor    text    not null,
    action   text    not null,
    agent_no integer references agents (agent_no),
    detail   text
) strict;
create index audit_by_agent on audit (agent_no) where agent_no is not null;
