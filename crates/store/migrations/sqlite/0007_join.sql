-- Opt-in forms, version by version; what people were shown, kept once for all of them; and the codes by which a first message
-- in the chat is matched to what its writer was shown.
create table join_form (
  id blob primary key,
  slug text not null,
  created_ms bigint not null,
  retired_ms bigint
);
create unique index join_form_slug on join_form (slug);

create table form_version (
  form_id blob not null,
  version bigint not null,
  body text not null,
  actor text not null,
  at_ms bigint not null,
  primary key (form_id, version)
) without rowid;

create table wording (
  sha256 blob primary key,
  body text not null,
  locale text not null,
  form_id blob,
  version bigint,
  at_ms bigint not null
) without rowid;

create table join_code (
  id blob primary key,
  kind text not null,
  form_id blob not null,
  version bigint not null,
  language text not null,
  wording blob not null,
  choices text not null,
  contact_id blob,
  name text not null,
  at_ms bigint not null,
  expires_ms bigint,
  retired_ms bigint
) without rowid;
create index join_code_form on join_code (form_id, id) where kind = 'link';
create index join_code_contact on join_code (contact_id) where contact_id is not null;
create index join_code_expires on join_code (expires_ms) where expires_ms is not null;

-- How often something was tried since a time: addresses and numbers are keyed hashes.
create table attempt_count (
  key blob not null,
  from_ms bigint not null,
  count bigint not null,
  primary key (key, from_ms)
) without rowid;
create index attempt_count_from on attempt_count (from_ms);

-- Text messages that had an effect, by their ids: each acts once, however often and late it is sent again.
create table sms_seen (
  sid text primary key,
  at_ms bigint not null
) without rowid;

-- E-mails of ours that wait or were sent.
create table letter (
  contact_id blob not null,
  id blob not null,
  kind text not null,
  email text not null,
  language text not null,
  detail text not null,
  created_ms bigint not null,
  due_ms bigint not null,
  tries bigint not null,
  state text not null,
  why text,
  done_ms bigint,
  primary key (contact_id, id)
) without rowid;
create index letter_due on letter (due_ms, id) where state = 'waiting';
