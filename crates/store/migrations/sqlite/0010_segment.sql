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
