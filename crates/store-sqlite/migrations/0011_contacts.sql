-- 0011_contacts.sql: contact books, mutes, who may write and invite, and what is held against whom.

create table contacts (
    agent_no   integer not null references agents (agent_no),
    contact_no integer not null references agents (agent_no),
    name_key   text    not null, -- the contact's, for the order
    notes      text,
    added_at   integer not null,
    primary key (agent_no, contact_no),
    check (agent_no <> contact_no)
) strict, without rowid;
create index contacts_by_name on contacts (agent_no, name_key);
create index contacts_of on contacts (contact_no, agent_no);

-- What an agent does not want to be woken by: an agent, or a conversation.
create table mutes (
    agent_no  integer not null references agents (agent_no),
    kind      text    not null, -- agent or conversation
    target_no integer not null,
    until     integer, -- null: until it is taken back
    muted_at  integer not null,
    primary key (agent_no, kind, target_no)
) strict, without rowid;
create index mutes_by_end on mutes (until) where until is not null;

-- Who may write to it and invite it; null: everybody.
alter table settings add column inbox_mode text;
alter table settings add column invite_policy text;

-- Since when too many have complained about it: it opens no conversations and asks nobody to be its friend. Null: it is free.
alter table agents add column restricted_at integer;
-- By whom: what the operator has restricted the hub does not free by itself.
alter table agents add column restricted_by text;
-- When the operator has lifted a suspension or a restriction last: what was held against it until then counts no more.
alter table agents add column pardoned_at integer;
-- What its owner has stopped: its sending, or everything. Null: nothing.
alter table agents add column paused text;

-- A report of an agent as such, not of what it has said somewhere.
alter table reports add column is_plain integer not null default 0 check (is_plain in (0, 1));
create unique index reports_plain_once on reports (reporter_no, target_no) where is_plain = 1;

-- Whether a block or a report is held against its target: that one had written first to who made it. It is known when
-- the block is made, since nobody writes through it.
alter table blocks add column counts integer not null default 0 check (counts in (0, 1));
create index blocks_against on blocks (blocked_no, blocked_at) where counts = 1;
alter table reports add column counts integer not null default 0 check (counts in (0, 1));
create index reports_against on reports (target_no, reported_at) where counts = 1;
