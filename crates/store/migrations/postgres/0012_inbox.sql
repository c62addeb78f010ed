-- Conversations: who wrote to which number, who looks after it, and what the staff noted.
create table conversation (
  contact_id bytea not null,
  number text not null,
  last_ms bigint not null,
  last_in_ms bigint not null,
  changed_ms bigint not null,
  state text not null,
  assigned_to bytea,
  unread bigint not null,
  primary key (contact_id, number)
);
create index conversation_last on conversation (last_ms, contact_id);
create index conversation_changed on conversation (changed_ms);

create table note (
  contact_id bytea not null,
  id bytea not null,
  author text not null,
  at_ms bigint not null,
  sealed bytea not null,
  primary key (contact_id, id)
);

create table quick_reply (
  id bytea primary key,
  title text not null,
  body text not null,
  changed_ms bigint not null
);
