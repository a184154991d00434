-- 0014_answers.sql: answers to requests that carried a key, so that the same request again is answered the same.

create table answers (
    agent_no    integer not null references agents (agent_no),
    answer_key  text    not null,
    fingerprint blob    not null check (length(fingerprint) = 32), -- of the request
    status      integer not null,
    headers     text    not null, -- a JSON array of pairs
    body        blob    not null,
    answered_at integer not null,
    primary key (agent_no, answer_key)
) strict, without rowid;
create index answers_by_time on answers (answered_at);
create index answers_of_agent on answers (agent_no, answered_at);
