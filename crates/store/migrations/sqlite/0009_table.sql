-- What the table of customers is sorted, narrowed and searched by.
alter table contact add column source text;
update contact set source = (
  select e.source from event e where e.contact_id = contact.id and e.kind in ('opt_in', 'opt_out')
    and lower(substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4)
    || '-' || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21))
    not in (select r.value from json_each(contact.standing, '$.retracted') as r)
  order by e.at_ms desc, e.id desc limit 1);

drop index contact_changed;
create index contact_list on contact (changed_ms, id, erased_ms, consent, platform, source, created_ms);
create index contact_platform on contact (platform, id);
create index contact_source on contact (source, id) where source is not null;
create index contact_created on contact (created_ms, id);

-- The words that somebody is found by: of names, notes and addresses, and numbers backwards.
create table word (
  contact_id blob not null,
  word blob not null,
  primary key (contact_id, word)
) without rowid;
create index word_find on word (word, contact_id);
insert into house (name, value) select 'words', x'00' where exists (select 1 from contact);

-- The state of a topic, or of a category other than marketing, for those whose wishes name it. It follows from their standing.
create table stance (
  contact_id blob not null,
  subject text not null,
  state text not null,
  primary key (contact_id, subject)
) without rowid;
create index stance_subject on stance (subject, state, contact_id);

-- Files that prove an opt-in, sealed under the person's key.
create table enclosure (
  contact_id blob not null,
  sha256 blob not null,
  at_ms bigint not null,
  sealed blob not null,
  primary key (contact_id, sha256)
) without rowid;
