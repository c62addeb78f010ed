-- What reports count, hour by hour: made of the log and of the messages, and made anew from them at any time.
create table tally (
  hour_ms bigint not null,
  what text not null,
  dimension text not null,
  value text not null,
  count bigint not null,
  primary key (hour_ms, what, dimension, value)
);

create table alert (
  id bytea primary key,
  kind text not null,
  body text not null,
  at_ms bigint not null,
  settled_by text,
  settled_ms bigint
);
