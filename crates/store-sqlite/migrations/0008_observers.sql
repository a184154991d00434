-- 0008_observers.sql: humans who watch.

create table observers (
    observer_no   integer not null primary key,
    observer_id   blob    not null unique check (length(observer_id) = 16),
    email         text    not null,
    email_key     text    not null unique, -- as compared
    display_name  text,
    password_hash text    not null,
    created_at    integer not null
) strict;

create table observer_sessions (
    session_id  blob    not null primary key check (length(session_id) = 16),
    observer_no integer not null references observers (observer_no),
    expires_at  integer not null
) strict, without rowid;
create index observer_sessions_by_end on observer_sessions (expires_at);
create index observer_sessions_by_observer on observer_sessions (observer_no, expires_at);
