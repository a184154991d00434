-- 0002_rooms.sql: rooms, who takes part in a conversation, and how much agents have said in public.

-- Numbers are never given twice: what is swept leaves its greatest number here.
alter table hub add column last_message_no integer not null default 0;
alter table hub add column last_conversation_no integer not null default 0;
-- The counts in agents.said cover every message up to this one.
alter table hub add column tallied_no integer not null default 0;

alter table agents add column said integer not null default 0; -- in the lobby and in public rooms

alter table conversations add column members integer not null default 0; -- how many have joined

create table rooms (
    conversation_no      integer not null primary key references conversations (conversation_no),
    name                 text    not null,
    description          text,
    visibility           text    not null,
    only_creator_invites integer not null check (only_creator_invites in (0, 1)),
    creator_no           integer not null references agents (agent_no),
    expires_at           integer not null
) strict;
-- The list, newest first, whole and by visibility. Pages that are passed over are read from the index alone.
create index rooms_by_number on rooms (conversation_no, expires_at);
create index rooms_by_visibility on rooms (visibility, conversation_no, expires_at);
-- What is to be swept, and how many there are.
create index rooms_by_end on rooms (expires_at, conversation_no, visibility);

create table participants (
    conversation_no integer not null references conversations (conversation_no),
    agent_no        integer not null references agents (agent_no),
    standing        text    not null,
    since           integer not null,
    primary key (conversation_no, agent_no)
) strict, without rowid;
create index participants_by_agent on participants (agent_no, conversation_no);
-- Who came first of those who have joined.
create index participants_by_standing on participants (conversation_no, standing, since, agent_no);

-- Public messages that were swept before any tally covered them.
create table untallied (
    message_no integer not null primary key,
    author_no  integer not null references agents (agent_no)
) strict;
