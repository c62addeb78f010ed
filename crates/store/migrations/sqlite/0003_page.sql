-- Topics in the words of each language, and the codes that open a person's own history to them.
alter table topic add column description text not null default '';

create table topic_text (
  topic_id blob not null,
  language text not null,
  name text not null,
  description text not null,
  primary key (topic_id, language)
) without rowid;

-- One at a time for each person; only a keyed hash of the code, and how often one was asked for and tried.
create table link_code (
  contact_id blob primary key,
  tag blob not null,
  sent_ms bigint not null,
  expires_ms bigint not null,
  tries bigint not null,
  day_ms bigint not null,
  sent_that_day bigint not null
) without rowid;
