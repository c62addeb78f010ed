-- Standings say where each opt-in that they rest on came from, as the rules of expiry ask. Written as the program writes
-- it, so that what is stored is still, letter by letter, what the events make of it.
update contact set standing = substr(standing, 1, length(standing) - 1) || ',"sources":{' || (
  select group_concat(s.entry, ',') from (
    select '"' || o.id || '":' || json_quote(o.source) as entry from (
      select lower(substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4)
        || '-' || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21)) as id, e.source as source
      from event e where e.contact_id = contact.id and e.kind = 'opt_in') as o
    where instr(contact.standing, '"' || o.id || '"') > 0
      and o.id not in (select r.value from json_each(contact.standing, '$.retracted') as r)
    order by o.id) as s
) || '}}'
where exists (
  select 1 from event e where e.contact_id = contact.id and e.kind = 'opt_in' and instr(contact.standing, lower(
    substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4)
    || '-' || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21))) > 0
    and lower(substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4)
    || '-' || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21))
    not in (select r.value from json_each(contact.standing, '$.retracted') as r));
