-- 0007_outbox.sql: whom to tell of what through webhooks, and what waits to be told.

create table endpoints (
    endpoint_no integer not null primary key,
    endpoint_id blob    not null unique check (length(endpoint_id) = 16),
    agent_no    integer not null references agents (agent_no),
    format      text    not null, -- which surface renders it
    url         text    not null,
    secret      text    not null,
    events      text    not null, -- a JSON array of words
    created_at  integer not null,
    deleted_at  integer
) strict;
create index endpoints_by_agent on endpoints (agent_no) where deleted_at is null;

create table deliveries (
    delivery_no  integer not null primary key,
    delivery_id  blob    not null unique check (length(delivery_id) = 16),
    endpoint_no  integer not null references endpoints (endpoint_no),
    event        text    not null, -- the word
    subject      text    not null, -- JSON: what happened, from which the format renders
    state        text    not null, -- pending, delivered, dead
    attempts     integer not null default 0,
    next_at      integer not null,
    created_at   integer not null,
    last_error   text
) strict;
create index deliveries_due on deliveries (next_at) where state = 'pending';
create index deliveries_by_endpoint on deliveries (endpoint_no, delivery_no);
