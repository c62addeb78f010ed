-- Conversations: who wrote to which number, who looks after it, and what the staff noted.
create table conversation (
  contact_id blob not null,
  number text not null,
  last_ms bigint not null,
  last_in_ms bigint not null,
  changed_ms bigint not null,
  state text not null,
  assigned_to blob,
  unread bigint not null,
  primary key (contact_id, number)
) without rowid;
create index conversation_last on conversation (last_ms, contact_id);
create index conversation_changed on conversation (changed_ms);

create table note (
  contact_id blob not null,
  id blob not null,
  author text not null,
  at_ms bigint not null,
  sealed blob not null,
  primary key (contact_id, id)
) without rowid;

create table quick_reply (
  id blob primary key,
  title text not null,
  body text not null,
  changed_ms bigint not null
) without rowid;
