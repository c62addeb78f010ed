-- What we say in answer, each answer once for each message, and what waits for a person to decide.
create table reply (
  contact_id bytea not null,
  id bytea not null,
  kind text not null,
  number text not null,
  recipient text not null,
  language text not null,
  detail text not null,
  quotes text,
  said_ms bigint not null,
  due_ms bigint not null,
  state text not null,
  attempt_id bytea,
  why text,
  done_ms bigint,
  primary key (contact_id, id)
);
create index reply_due on reply (due_ms, id) where state = 'waiting';
create index reply_said on reply (contact_id, said_ms);

create table review (
  contact_id bytea not null,
  id bytea not null,
  kind text not null,
  number text not null,
  message text,
  rule text not null,
  hold_id bytea,
  event_id bytea,
  sealed bytea not null,
  said_ms bigint not null,
  state text not null,
  verdict text,
  decided_by text,
  reason text,
  decided_ms bigint,
  primary key (contact_id, id)
);
create index review_id on review (id);
create index review_state on review (state, id);

-- When somebody was last reminded that preferences can be changed, and when they were last asked to agree.
create table nudge (
  contact_id bytea not null,
  kind text not null,
  at_ms bigint not null,
  primary key (contact_id, kind)
);

-- What the business set about its flows, version by version.
create table flow_setting (
  version bigint primary key,
  body text not null,
  at_ms bigint not null
);
