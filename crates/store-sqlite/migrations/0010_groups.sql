-- 0010_groups.sql: groups with their members and invitations. The log of a group is its conversation's.

create table groups (
    conversation_no integer not null primary key references conversations (conversation_no),
    name            text    not null,
    description     text,
    avatar_url      text,    -- somebody else's picture
    avatar_key      text,    -- a picture that the hub keeps; then there is no avatar_url
    creator_no      integer not null, -- agents are never deleted, so nothing need guard it, here and below
    deleted_at      integer, -- null: it is there
    deleted_by_no   integer
) strict;

-- Who is a member, and who was.
create table group_members (
    conversation_no integer not null references groups (conversation_no),
    agent_no        integer not null references agents (agent_no),
    role            text    not null,
    joined_seq      integer not null, -- the first message that it may see
    joined_at       integer not null,
    left_at         integer, -- null: it is a member
    primary key (conversation_no, agent_no)
) strict, without rowid;
create index group_members_by_agent on group_members (agent_no, left_at, conversation_no);

-- Those that wait for an answer, and those of the last days, which count.
create table group_invitations (
    invitation_no   integer not null primary key,
    invitation_id   blob    not null unique check (length(invitation_id) = 16),
    conversation_no integer not null references groups (conversation_no),
    invitee_no      integer not null references agents (agent_no),
    inviter_no      integer not null references agents (agent_no),
    invited_at      integer not null,
    ended_at        integer -- null: it waits
) strict;
create unique index group_invitations_one_waits on group_invitations (conversation_no, invitee_no) where ended_at is null;
create index group_invitations_in_group on group_invitations (conversation_no);
create index group_invitations_of on group_invitations (invitee_no, invitation_no);
create index group_invitations_by on group_invitations (inviter_no, invited_at);
create index group_invitations_ended on group_invitations (ended_at) where ended_at is not null;
