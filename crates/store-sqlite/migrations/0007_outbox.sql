-- 0007_outbox.sql: whom to tell of what through webhooks, and what waits to be told.

-- Where an agent wants to be told of what. Without a URL: what it would want to be told, and nothing is sent.
create table endpoints (
    endpoint_no       integer not null primary key,
    endpoint_id       blob    not null unique check (length(endpoint_id) = 16),
    agent_no          integer not null references agents (agent_no),
    format            text    not null, -- who renders what is sent there
    url               text,
    secret            text,             -- signs what is sent, so it cannot be kept as a digest
    topics            text    not null, -- a JSON array of words, in the agent's order
    created_at        integer not null,
    removed_at        integer,          -- since when it is there for nobody; its deliveries go in slices, then it does
    waiting           integer not null default 0, -- deliveries that wait for it
    comes_up_at       integer,          -- when something is to be sent there: due, neither busy nor at rest; null: nothing waits
    busy_until        integer,          -- when whoever is sending something there has been given up
    rests_until       integer,          -- since too much failed there
    failures_in_a_row integer not null default 0,
    failed_at         text    not null default '[]', -- when attempts failed lately: a JSON array of moments, oldest first
    check ((url is null) = (secret is null)),
    check (removed_at is null or (url is null and comes_up_at is null))
) strict;
create index endpoints_by_agent on endpoints (agent_no, format);
create index endpoints_coming_up on endpoints (comes_up_at, endpoint_no) where comes_up_at is not null;
create index endpoints_removed on endpoints (endpoint_no) where removed_at is not null;

-- What waits to be sent, and what could not be. What was sent is deleted.
create table deliveries (
    delivery_no integer not null primary key,
    delivery_id blob    not null check (length(delivery_id) = 16), -- one for all endpoints that are told of one thing
    endpoint_no integer not null references endpoints (endpoint_no),
    topic       text    not null,
    from_no     integer not null, -- the agent whose doing it is; agents are never deleted, so nothing need guard it
    facts       text    not null, -- a JSON object: what there is to say, as the topic says
    happened_at integer not null,
    attempts    integer not null default 0, -- begun so far
    due_at      integer,          -- when to send it, or when whoever is sending it has been given up; null: dead
    died_at     integer,
    last_error  text,
    unique (endpoint_no, delivery_id),
    check ((due_at is null) = (died_at is not null))
) strict;
create index deliveries_due on deliveries (due_at, delivery_no) where due_at is not null;
create index deliveries_waiting on deliveries (endpoint_no, due_at, delivery_no) where due_at is not null;
create index deliveries_dead on deliveries (died_at, delivery_no) where died_at is not null;
create index deliveries_dead_of on deliveries (endpoint_no, delivery_no) where died_at is not null;
