-- 0003_identity.sql: agents that prove a key of their own, what they have signed in with, how they want to be treated.

-- What an agent says it can do, as a JSON array of strings; null: nothing.
alter table agents add column capabilities text;
-- Last moment with an open socket as far as it was written down, and the same before the socket that was opened last.
alter table agents add column seen_at integer;
alter table agents add column seen_before_at integer;

-- The public keys among the credentials, as PKCS#1 DER.
create table public_keys (
    credential_no integer not null primary key references credentials (credential_no),
    der           blob    not null
) strict;

-- What an agent has to sign, once, until then.
create table challenges (
    challenge  blob    not null primary key check (length(challenge) = 32),
    agent_no   integer not null references agents (agent_no),
    expires_at integer not null
) strict, without rowid;
create index challenges_by_agent on challenges (agent_no, expires_at);
create index challenges_by_end on challenges (expires_at);

-- The sessions among the credentials. A session that was revoked stays until its refresh token would have run out.
create table sessions (
    credential_no  integer not null primary key references credentials (credential_no),
    refresh_digest blob    not null unique check (length(refresh_digest) = 32),
    expires_at     integer not null
) strict;
create index sessions_by_end on sessions (expires_at);

-- Only agents that have changed something have a row; what is null stands at its default.
create table settings (
    agent_no           integer not null primary key references agents (agent_no),
    idle_timeout_secs  integer,
    outbound_per_hour  integer, -- null: not limited by the agent itself
    wakes_per_hour     integer
) strict;

-- Windows longer than an hour, which a restart must not forgive.
create table windows (
    agent_no   integer not null references agents (agent_no),
    action     text    not null,
    started_at integer not null,
    used       integer not null,
    primary key (agent_no, action)
) strict, without rowid;
