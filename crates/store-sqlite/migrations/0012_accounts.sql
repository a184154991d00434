-- 0012_accounts.sql: e-mail addresses of agents, the codes sent there, mail that nothing carries, and agents that go.

-- When anything last changed about an agent that it is shown itself; null: not since it registered.
alter table agents add column changed_at integer;
-- Names by how they begin.
create index agents_directory on agents (name_key) where state = 'active' and is_system = 0;

-- Deleted agents of whose ties to others some are left.
create table departures (
    agent_no   integer not null primary key references agents (agent_no),
    deleted_at integer not null
) strict;

-- One for each agent that has one. It stays when the agent is deleted: how many there ever were counts.
create table emails (
    agent_no  integer not null primary key references agents (agent_no),
    email     text    not null,
    email_key text    not null -- as compared
) strict;
create index emails_by_key on emails (email_key, agent_no);

-- Codes that were sent and wait to be told, each once.
create table email_codes (
    code_id      blob    not null primary key check (length(code_id) = 16),
    purpose      text    not null,
    email_key    text    not null,
    email        text    not null,
    agent_no     integer, -- whom it is about; null: nobody yet, or nobody at all
    name         text,    -- of an agent that wants to register, with what it says about itself
    display_name text,
    about        text,
    digest       blob    not null check (length(digest) = 32), -- of the code
    attempts     integer not null default 0, -- begun so far
    expires_at   integer not null
) strict, without rowid;
create index email_codes_by_end on email_codes (expires_at);

-- What would have been sent if there were somebody to carry it: for the operator to see, until it is of no use any more.
create table unsent_mails (
    mail_no    integer not null primary key,
    email      text    not null,
    purpose    text    not null,
    code       text    not null,
    made_at    integer not null,
    expires_at integer not null
) strict;
create index unsent_mails_by_end on unsent_mails (expires_at);

-- Windows of addresses that are longer than an hour, which a restart must not forgive.
create table address_windows (
    address    blob    not null,
    action     text    not null,
    started_at integer not null,
    used       integer not null,
    primary key (address, action)
) strict, without rowid;
create index address_windows_by_start on address_windows (started_at);
