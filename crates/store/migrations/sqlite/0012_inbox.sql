-- Conversations: who wrote to which number, who looks after it, and what the staff noted.
create table conversation (
  contact_id blob not null,
  number text not null,
  last_ms bigint not null,
  last_in_ms bigint not null,
  changed_ms bigint not null,
  state text not null,
  assigned_to blob,
  unread bigint not null,
  primary key (contact_id, number)
) without rowid;
create index conversation_last on conversation (state, last_ms, contact_id, number);
create index conversation_number on conversation (number, state, last_ms, contact_id);
create index conversation_assigned on conversation (assigned_to, state, last_ms) where assigned_to is not null;
create index conversation_changed on conversation (changed_ms);
create index conversation_unread on conversation (state) where unread > 0;

create table note (
  contact_id blob not null,
  id blob not null,
  author text not null,
  at_ms bigint not null,
  sealed blob not null,
  primary key (contact_id, id)
) without rowid;

create table quick_reply (
  id blob primary key,
  title text not null,
  body text not null,
  changed_ms bigint not null
) without rowid;

-- Whom a contact was found to be one with: what they wrote before lies under the old id, and its key.
create table former_self (
  contact_id blob not null,
  former_id blob not null,
  primary key (contact_id, former_id)
) without rowid;

-- Everybody who has written so far, and still goes by some name.
insert into conversation (contact_id, number, last_ms, last_in_ms, changed_ms, state, unread)
select m.contact_id, m.number, max(m.at_ms), max(case when m.direction = 'in' then m.at_ms else 0 end), max(m.at_ms), 'open', 0
from message m
where m.number <> '' and m.state <> 'denied'
  and exists (select 1 from alias a where a.contact_id = m.contact_id and a.until_ms is null)
group by m.contact_id, m.number
having sum(case when m.direction = 'in' then 1 else 0 end) > 0;
