-- The schema, for PostgreSQL. Append-only by privileges: see the role in migrate.rs.
create table house (
  name text primary key,
  value bytea not null
);

create table contact (
  id bytea primary key,
  name text,
  folded text,
  note text,
  sealing_key bytea,
  standing text not null,
  version bigint not null,
  consent text not null,
  platform text not null,
  created_ms bigint not null,
  changed_ms bigint not null,
  erased_ms bigint
);
create index contact_changed on contact (changed_ms, id);
create index contact_consent on contact (consent, id);

create table alias (
  key text not null,
  contact_id bytea not null,
  kind text not null,
  value text not null,
  since_ms bigint not null,
  until_ms bigint,
  primary key (key, contact_id, since_ms)
);
create unique index alias_current on alias (key) where until_ms is null;
create index alias_contact on alias (contact_id);

create table tag (
  contact_id bytea not null,
  tag text not null,
  primary key (contact_id, tag)
);
create index tag_name on tag (tag, contact_id);

create table attribute (
  contact_id bytea not null,
  key text not null,
  value text not null,
  primary key (contact_id, key)
);
create index attribute_value on attribute (key, value, contact_id);

-- What is left of an erased person: a keyed hash of each alias, so that the refusal outlives them.
create table suppressed (
  tag bytea primary key,
  since_ms bigint not null
);

-- The facts. Nothing about a person but an internal id and what the fold needs; the rest is sealed under the person's key.
create table event (
  contact_id bytea not null,
  id bytea not null,
  kind text not null,
  argument text not null,
  clock text not null,
  at_ms bigint not null,
  received_ms bigint not null,
  source text not null,
  leaf bytea not null,
  primary key (contact_id, id)
);
create index event_id on event (id);

-- Erasable: salts and facts, under the person's key.
create table event_detail (
  contact_id bytea not null,
  event_id bytea not null,
  sealed bytea not null,
  primary key (contact_id, event_id)
);

create table log_pending (
  event_id bytea primary key,
  contact_id bytea not null,
  leaf bytea not null
);

create table log_entry (
  log_index bigint primary key,
  event_id bytea not null,
  contact_id bytea not null,
  leaf bytea not null
);
create unique index log_entry_event on log_entry (event_id);

create table log_tile (
  level bigint not null,
  tile bigint not null,
  hashes bytea not null,
  primary key (level, tile)
);

create table log_head (
  one bigint primary key,
  size bigint not null,
  epoch bigint not null,
  edge bytea not null
);

create table checkpoint (
  size bigint primary key,
  at_ms bigint not null,
  note text not null
);

-- Raw bodies, sealed, kept for a while; the hash stays as long as the row.
create table webhook (
  sha256 bytea primary key,
  received_ms bigint not null,
  sealed bytea not null
);
create index webhook_received on webhook (received_ms);

create table webhook_person (
  contact_id bytea not null,
  sha256 bytea not null,
  primary key (contact_id, sha256)
);

create index webhook_person_body on webhook_person (sha256);

create table seen (
  key bytea primary key,
  at_ms bigint not null
);

create table quarantine (
  id bytea primary key,
  received_ms bigint not null,
  sha256 bytea not null,
  path text not null,
  reason text not null,
  sealed bytea not null,
  state text not null,
  retried_ms bigint
);

create index quarantine_open on quarantine (id) where state = 'open';
create index quarantine_body on quarantine (sha256);

create table message (
  contact_id bytea not null,
  id bytea not null,
  direction text not null,
  number text not null,
  recipient text not null,
  category text not null,
  topic_id bytea,
  template text,
  language text,
  state text not null,
  code text,
  reason text,
  because text not null,
  basis text,
  policy_version bigint not null,
  as_of bigint not null,
  at_ms bigint not null,
  outcome_ms bigint,
  unknown_ms bigint,
  wamid text,
  error_code bigint,
  fingerprint bytea,
  sealed bytea,
  batch_id bytea,
  primary key (contact_id, id)
);
create index message_id on message (id);
create index message_wamid on message (wamid) where wamid is not null;
create index message_code on message (code, id) where code is not null;
create index message_error on message (error_code, id) where error_code is not null;
create index message_state on message (state, id);
create index message_unsealed on message (id) where batch_id is null and direction = 'out' and basis is not null;

create table template (
  account text not null,
  name text not null,
  language text not null,
  id text not null,
  category text not null,
  status text not null,
  quality text,
  topic_id bytea,
  components text not null,
  changed_ms bigint not null,
  primary key (account, name, language)
);

create table topic (
  id bytea primary key,
  name text not null,
  category text not null,
  created_ms bigint not null
);
create unique index topic_name on topic (name);

create table policy (
  version bigint primary key,
  body text not null,
  at_ms bigint not null
);

create table api_key (
  id bytea primary key,
  name text not null,
  role text not null,
  hash bytea not null,
  created_ms bigint not null,
  revoked_ms bigint
);
create unique index api_key_hash on api_key (hash);

create table idempotency (
  key bytea primary key,
  request bytea not null,
  answer text not null,
  at_ms bigint not null
);
create index idempotency_at on idempotency (at_ms);

create table relay (
  id bytea primary key,
  sender text not null,
  sealed bytea not null,
  signature text not null,
  attempts bigint not null,
  due_ms bigint not null,
  created_ms bigint not null
);
create index relay_sender on relay (sender, id);
create index relay_due on relay (due_ms);

create table notice (
  id bytea primary key,
  at_ms bigint not null,
  account text,
  number text,
  kind text not null,
  body text not null
);

create table lease (
  name text primary key,
  holder bytea not null,
  epoch bigint not null,
  until_ms bigint not null
);

insert into log_head (one, size, epoch, edge) values (1, 0, 0, '');

-- The two functions that let one statement text unpack a list on both databases.
create function json_each(doc text) returns table (value jsonb) language sql immutable as
  'select jsonb_array_elements(doc::jsonb)';
create function unhex(digits text) returns bytea language sql immutable as
  'select decode(digits, ''hex'')';
