-- Journeys: what is written of them, each version that people were sent on, and how far each person is.
create table journey (
  id bytea primary key,
  name text not null,
  state text not null,
  draft text not null,
  version bigint not null,
  changed_ms bigint not null,
  changed_by text not null,
  cas bigint not null
);
create index journey_state on journey (state, id);

create table journey_version (
  journey_id bytea not null,
  version bigint not null,
  definition text not null,
  published_ms bigint not null,
  published_by text not null,
  primary key (journey_id, version)
);

create table journey_run (
  contact_id bytea not null,
  id bytea not null,
  journey_id bytea not null,
  version bigint not null,
  state text not null,
  memory text not null,
  due_ms bigint,
  entered_ms bigint not null,
  ended_ms bigint,
  why text,
  cas bigint not null,
  primary key (contact_id, id)
);
create index journey_run_due on journey_run (state, due_ms);
create index journey_run_journey on journey_run (journey_id, id);

create table journey_visit (
  contact_id bytea not null,
  run_id bytea not null,
  place bigint not null,
  step text not null,
  at_ms bigint not null,
  result text not null,
  note text,
  primary key (contact_id, run_id, place)
);

-- What a step wants done: once, whatever happens in between.
create table journey_effect (
  contact_id bytea not null,
  id bytea not null,
  key text not null,
  run_id bytea not null,
  kind text not null,
  body text not null,
  state text not null,
  tries bigint not null,
  due_ms bigint not null,
  attempt_id bytea,
  outcome text,
  primary key (contact_id, id)
);
create unique index journey_effect_key on journey_effect (contact_id, run_id, key);
create index journey_effect_due on journey_effect (state, due_ms);
