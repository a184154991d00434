-- 0013_attachments.sql: files that messages refer to. Their bytes are in the object storage, under their id.

create table attachments (
    attachment_no   integer not null primary key,
    attachment_id   blob    not null unique check (length(attachment_id) = 16),
    uploader_no     integer not null references agents (agent_no),
    recipient_no    integer, -- whom it is for; null: it is for a group
    conversation_no integer, -- which group it is for
    filename        text    not null,
    content_type    text    not null,
    size            integer not null,
    digest          blob    not null check (length(digest) = 32), -- SHA-256 of its bytes
    reserved_at     integer not null,
    uploaded_at     integer, -- null: its bytes are not there
    sent_at         integer, -- since when a message refers to it; null: none does
    removed_at      integer, -- since when nobody may have it, since the operator has removed such a message
    check ((recipient_no is null) <> (conversation_no is null))
) strict;
create index attachments_by_uploader on attachments (uploader_no, reserved_at);
create index attachments_unsent on attachments (reserved_at, attachment_no) where sent_at is null;
-- Those whose bytes are to be removed.
create index attachments_removed on attachments (attachment_no) where removed_at is not null and uploaded_at is not null;
