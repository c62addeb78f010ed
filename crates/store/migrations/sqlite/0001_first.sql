-- The schema, for SQLite.
create table house (
  name text primary key,
  value blob not null
) without rowid;

create table contact (
  id blob primary key,
  name text,
  folded text,
  note text,
  sealing_key blob,
  standing text not null,
  version bigint not null,
  consent text not null,
  platform text not null,
  created_ms bigint not null,
  changed_ms bigint not null,
  erased_ms bigint
) without rowid;
create index contact_changed on contact (changed_ms, id);
create index contact_consent on contact (consent, id);

create table alias (
  key text not null,
  contact_id blob not null,
  kind text not null,
  value text not null,
  since_ms bigint not null,
  until_ms bigint,
  primary key (key, contact_id, since_ms)
) without rowid;
create unique index alias_current on alias (key) where until_ms is null;
create index alias_contact on alias (contact_id);

create table tag (
  contact_id blob not null,
  tag text not null,
  primary key (contact_id, tag)
) without rowid;
create index tag_name on tag (tag, contact_id);

create table attribute (
  contact_id blob not null,
  key text not null,
  value text not null,
  primary key (contact_id, key)
) without rowid;
create index attribute_value on attribute (key, value, contact_id);

-- What is left of an erased person: a keyed hash of each alias, so that the refusal outlives them.
create table suppressed (
  tag blob primary key,
  since_ms bigint not null
) without rowid;

-- The facts. Nothing about a person but an internal id and what the fold needs; the rest is sealed under the person's key.
create table event (
  contact_id blob not null,
  id blob not null,
  kind text not null,
  argument text not null,
  clock text not null,
  at_ms bigint not null,
  received_ms bigint not null,
  source text not null,
  leaf blob not null,
  primary key (contact_id, id)
) without rowid;
create index event_id on event (id);

-- Erasable: salts and facts, under the person's key.
create table event_detail (
  contact_id blob not null,
  event_id blob not null,
  sealed blob not null,
  primary key (contact_id, event_id)
) without rowid;

create table log_pending (
  event_id blob primary key,
  contact_id blob not null,
  leaf blob not null
) without rowid;

create table log_entry (
  log_index bigint primary key,
  event_id blob not null,
  contact_id blob not null,
  leaf blob not null
);
create unique index log_entry_event on log_entry (event_id);

create table log_tile (
  level bigint not null,
  tile bigint not null,
  hashes blob not null,
  primary key (level, tile)
);

create table log_head (
  one bigint primary key,
  size bigint not null,
  epoch bigint not null,
  edge blob not null
);

create table checkpoint (
  size bigint primary key,
  at_ms bigint not null,
  note text not null
);

-- Raw bodies, sealed, kept for a while; the hash stays as long as the row.
create table webhook (
  sha256 blob primary key,
  received_ms bigint not null,
  sealed blob not null
) without rowid;
create index webhook_received on webhook (received_ms);

create table webhook_person (
  contact_id blob not null,
  sha256 blob not null,
  primary key (contact_id, sha256)
) without rowid;

create index webhook_person_body on webhook_person (sha256);

create table seen (
  key blob primary key,
  at_ms bigint not null
) without rowid;

create table quarantine (
  id blob primary key,
  received_ms bigint not null,
  sha256 blob not null,
  path text not null,
  reason text not null,
  sealed blob not null,
  state text not null,
  retried_ms bigint
);

create index quarantine_open on quarantine (id) where state = 'open';
create index quarantine_body on quarantine (sha256);

create table message (
  contact_id blob not null,
  id blob not null,
  direction text not null,
  number text not null,
  recipient text not null,
  category text not null,
  topic_id blob,
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
  fingerprint blob,
  sealed blob,
  batch_id blob,
  primary key (contact_id, id)
) without rowid;
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
  topic_id blob,
  components text not null,
  changed_ms bigint not null,
  primary key (account, name, language)
) without rowid;

create table topic (
  id blob primary key,
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
  id blob primary key,
  name text not null,
  role text not null,
  hash blob not null,
  created_ms bigint not null,
  revoked_ms bigint
);
create unique index api_key_hash on api_key (hash);

create table idempotency (
  key blob primary key,
  request blob not null,
  answer text not null,
  at_ms bigint not null
) without rowid;
create index idempotency_at on idempotency (at_ms);

create table relay (
  id blob primary key,
  sender text not null,
  sealed blob not null,
  signature text not null,
  attempts bigint not null,
  due_ms bigint not null,
  created_ms bigint not null
);
create index relay_sender on relay (sender, id);
create index relay_due on relay (due_ms);

create table notice (
  id blob primary key,
  at_ms bigint not null,
  account text,
  number text,
  kind text not null,
  body text not null
);

create table lease (
  name text primary key,
  holder blob not null,
  epoch bigint not null,
  until_ms bigint not null
);

insert into log_head (one, size, epoch, edge) values (1, 0, 0, x'');

-- What was written stays as it was written.
create trigger event_no_update before update on event begin select raise(abort, 'event is append-only'); end;
create trigger event_no_delete before delete on event begin select raise(abort, 'event is append-only'); end;
create trigger log_entry_no_update before update on log_entry begin select raise(abort, 'log_entry is append-only'); end;
create trigger log_entry_no_delete before delete on log_entry begin select raise(abort, 'log_entry is append-only'); end;
create trigger log_tile_no_update before update on log_tile begin select raise(abort, 'log_tile is append-only'); end;
create trigger log_tile_no_delete before delete on log_tile begin select raise(abort, 'log_tile is append-only'); end;
create trigger checkpoint_no_update before update on checkpoint begin select raise(abort, 'checkpoint is append-only'); end;
create trigger checkpoint_no_delete before delete on checkpoint begin select raise(abort, 'checkpoint is append-only'); end;
