-- Segments, and what kind of value an attribute holds.
create table segment (
  id blob primary key,
  name text not null,
  body text not null,
  created_ms bigint not null,
  changed_ms bigint not null
) without rowid;
create unique index segment_name on segment (name);

create table attribute_type (
  key text primary key,
  kind text not null
) without rowid;

-- Files that somebody sent from a page and has not taken in yet: sealed, and gone after an hour.
create table upload (
  id blob not null,
  part bigint not null,
  at_ms bigint not null,
  sealed blob not null,
  primary key (id, part)
) without rowid;
create index upload_at on upload (at_ms);

-- All that segments ask of a contact itself, without the standings in between.
create index contact_brief on contact (id, erased_ms, consent, platform, created_ms);
-- The addresses of each person, at hand without the rows that they are found by.
create index alias_brief on alias (contact_id, kind, value) where until_ms is null;
-- When somebody wrote last, and when something went to them last.
create index message_heard on message (contact_id, at_ms) where direction = 'in';
create index message_sent on message (contact_id, at_ms) where direction = 'out' and basis is not null;
