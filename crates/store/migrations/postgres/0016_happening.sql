-- What was recorded of people and may move them in a journey, until somebody has looked at it.
create table happening (
  contact_id bytea not null,
  id bytea not null,
  body text not null,
  due_ms bigint not null,
  tries bigint not null,
  primary key (contact_id, id)
);
create index happening_due on happening (due_ms, id);
