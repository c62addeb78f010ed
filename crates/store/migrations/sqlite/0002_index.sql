-- The contacts that were touched since the snapshot of the index in memory was written.
create table index_tail (
  seq integer primary key,
  contact_id blob not null
);
