-- Campaigns: what is sent to many, the addresses that were given for it, and each person that it is for.
create table campaign (
  id bytea primary key,
  name text not null,
  state text not null,
  spec text not null,
  version bigint not null,
  created_ms bigint not null,
  created_by text not null,
  approved_by text,
  approved_ms bigint,
  start_ms bigint,
  started_ms bigint,
  drawn_ms bigint,
  ended_ms bigint,
  why text,
  cursor text not null default '',
  total bigint not null default 0,
  changed_ms bigint not null
);
create index campaign_state on campaign (state, id);

create table campaign_list (
  campaign_id bytea not null,
  place bigint not null,
  address text not null,
  extra text,
  primary key (campaign_id, place)
);
create index campaign_list_address on campaign_list (address);

create table recipient (
  contact_id bytea not null,
  campaign_id bytea not null,
  variant bigint not null,
  state text not null,
  due_ms bigint not null,
  tries bigint not null,
  attempt_id bytea,
  taken_ms bigint,
  code text,
  reason text,
  extra text,
  primary key (contact_id, campaign_id)
);
create index recipient_queue on recipient (campaign_id, state, due_ms, contact_id);
create index recipient_page on recipient (campaign_id, contact_id);
