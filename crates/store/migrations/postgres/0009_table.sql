-- What the table of customers is sorted, narrowed and searched by.
alter table contact add column source text;
update contact set source = found.source
from (
  select distinct on (e.contact_id) e.contact_id, e.source
  from event e join contact c on c.id = e.contact_id
  where e.kind in ('opt_in', 'opt_out')
    and not jsonb_exists(c.standing::jsonb -> 'retracted', encode(e.id, 'hex')::uuid::text)
  order by e.contact_id, e.at_ms desc, e.id desc) as found
where found.contact_id = contact.id;

drop index contact_changed;
create index contact_list on contact (changed_ms, id, erased_ms, consent, platform, source, created_ms);
create index contact_platform on contact (platform, id);
create index contact_source on contact (source, id) where source is not null;
create index contact_created on contact (created_ms, id);

-- The words that somebody is found by: of names, notes and addresses, and numbers backwards.
create table word (
  contact_id bytea not null,
  word bytea not null,
  primary key (contact_id, word)
);
create index word_find on word (word, contact_id);
insert into house (name, value) select 'words', '\x00'::bytea where exists (select 1 from contact);

-- The state of a topic, or of a category other than marketing, for those whose wishes name it. It follows from their standing.
create table stance (
  contact_id bytea not null,
  subject text not null,
  state text not null,
  primary key (contact_id, subject)
);
create index stance_subject on stance (subject, state, contact_id);

-- Files that prove an opt-in, sealed under the person's key.
create table enclosure (
  contact_id bytea not null,
  sha256 bytea not null,
  at_ms bigint not null,
  sealed bytea not null,
  primary key (contact_id, sha256)
);
