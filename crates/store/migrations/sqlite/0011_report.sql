-- What reports count, a quarter of an hour at a time, so that a day is exact in every time zone. Everything here is made of the log
-- and of the messages, and can be made anew from them; only `in_force_time` is measured once and cannot be repeated.
create table tally (
  what text not null,
  dimension text not null,
  slot_ms bigint not null,
  value text not null,
  count bigint not null,
  primary key (what, dimension, slot_ms, value)
) without rowid;

-- What a report needs of an event, taken down once in the order of the log: words of ours and of the business, nothing of a person.
-- An erasure destroys the evidence that it was read from, so it is kept.
create table tally_event (
  log_index bigint primary key,
  slot_ms bigint not null,
  what text not null,
  is_first bigint not null,
  is_own bigint not null,
  source text not null,
  topic text not null,
  number text not null,
  keyword text not null,
  template text not null
);

-- When the messages of a quarter of an hour were last counted, until they are counted for the last time.
create table tally_slot (
  slot_ms bigint primary key,
  counted_ms bigint not null
);

-- How far everything is.
create table tally_state (
  name text primary key,
  value bigint not null
) without rowid;

-- How long a no that came by a webhook took to be in force: how many took at most so long, and the longest of them.
create table in_force_time (
  slot_ms bigint not null,
  upto_us bigint not null,
  count bigint not null,
  worst_us bigint not null,
  primary key (slot_ms, upto_us)
) without rowid;

-- What Meta says of our numbers, a row for each change.
create table number_state (
  number text not null,
  at_ms bigint not null,
  seen_ms bigint not null,
  body text not null,
  primary key (number, at_ms)
) without rowid;

-- What rose beyond what chance explains.
create table alert (
  id blob primary key,
  kind text not null,
  subject text not null,
  body text not null,
  at_ms bigint not null,
  settled_by text,
  settled_ms bigint
) without rowid;
create index alert_at on alert (at_ms, id);
