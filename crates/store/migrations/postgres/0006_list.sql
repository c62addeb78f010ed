-- Lists are unpacked by `jsonb_each`, whose values SQLite does not turn back into text to take each field out.
create function jsonb_each(doc text) returns table (value jsonb) language sql immutable as
  'select jsonb_array_elements(doc::jsonb)';
