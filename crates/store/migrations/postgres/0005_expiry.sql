-- Standings say where each opt-in that they rest on came from, as the rules of expiry ask. Written as the program writes
-- it, so that what is stored is still, letter by letter, what the events make of it.
update contact set standing = left(standing, -1) || ',"sources":{' || found.entries || '}}'
from (
  select c.id, string_agg('"' || encode(e.id, 'hex')::uuid::text || '":' || to_json(e.source)::text, ','
    order by encode(e.id, 'hex')) as entries
  from contact c join event e on e.contact_id = c.id and e.kind = 'opt_in'
  where position('"' || encode(e.id, 'hex')::uuid::text || '"' in c.standing) > 0
    and not jsonb_exists(c.standing::jsonb -> 'retracted', encode(e.id, 'hex')::uuid::text)
  group by c.id) as found
where found.id = contact.id;
