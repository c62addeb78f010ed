-- The contacts that were touched since the snapshot of the index in memory was written. Empty where several nodes write.
create table index_tail (
  seq bigint primary key,
  contact_id bytea not null
);
