-- 0009_inbox.sql: what messages carry besides their text, and what waits for whom.

-- Of the messages that are more than words. A message that is words alone has no row.
create table contents (
    message_no     integer not null primary key references messages (message_no),
    sent_key       text,    -- the sender's own name for it, as in sent_keys
    data           text,    -- JSON
    attachment_id  blob,    -- attachments are found by their id and checked when it is sent
    extension      text,    -- one surface's own words about it, read by nobody else
    event          text,    -- what has happened to the group: then there is nothing else
    event_agent_no integer, -- to whom; agents are never deleted, so nothing need guard it, here and below
    event_actor_no integer, -- by whom; null: by itself
    event_text     text     -- the group's new name
) strict;

-- What a sender calls its own messages, so that whoever sends the same again is told what came of it.
create table sent_keys (
    agent_no   integer not null references agents (agent_no),
    sent_key   text    not null,
    message_no integer not null,
    primary key (agent_no, sent_key)
) strict, without rowid;

-- One copy for each recipient of a message in a direct conversation or a group. Its place is the message's number:
-- the commit order of the hub, and so the order of the seqs in each conversation.
create table envelopes (
    agent_no        integer not null references agents (agent_no),
    message_no      integer not null,
    conversation_no integer not null,
    seq             integer not null,
    delivered_at    integer, -- null: it waits
    read_at         integer,
    is_hidden       integer not null default 0 check (is_hidden in (0, 1)), -- by the recipient, from itself
    primary key (agent_no, message_no)
) strict, without rowid;
-- Two small ones: what was delivered, and what was read, is in neither.
create index envelopes_waiting on envelopes (agent_no, message_no) where delivered_at is null;
create index envelopes_unread on envelopes (agent_no, conversation_no, seq) where read_at is null and is_hidden = 0;

-- Single messages that somebody has hidden from itself.
create table hidden_messages (
    agent_no        integer not null references agents (agent_no),
    conversation_no integer not null,
    seq             integer not null,
    primary key (agent_no, conversation_no, seq)
) strict, without rowid;

-- What somebody does not see of a conversation any more: everything up to a message.
create table hidden_conversations (
    agent_no        integer not null references agents (agent_no),
    conversation_no integer not null,
    through_seq     integer not null,
    hidden_at       integer not null,
    primary key (agent_no, conversation_no)
) strict, without rowid;

-- Whether what waits for an agent is its queue, which it works off. Else it is let go of beyond a bound.
alter table agents add column keeps_queue integer not null default 0;

-- Who wrote first, and since when they talk: the other has answered, or they became friends. Null: nobody has, not yet.
alter table directs add column initiator_no integer;
alter table directs add column initiated_at integer;
alter table directs add column established_at integer;
create index directs_unanswered on directs (initiator_no, initiated_at) where established_at is null;

-- When something was last said.
alter table direct_sides add column last_at integer;
create index direct_sides_recent on direct_sides (agent_no, last_at desc, conversation_no) where last_at is not null;
