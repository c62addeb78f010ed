-- Who works with the dashboard, and in which browsers they are signed in.
create table member (
  id bytea primary key,
  email text not null,
  name text not null,
  role text not null,
  password text,
  totp bytea,
  totp_step bigint not null,
  invite bytea,
  invite_ms bigint,
  language text,
  zone text,
  created_ms bigint not null,
  removed_ms bigint
);
create unique index member_email on member (email) where removed_ms is null;
create unique index member_invite on member (invite) where invite is not null;

create table session (
  hash bytea primary key,
  member_id bytea not null,
  created_ms bigint not null,
  seen_ms bigint not null
);
create index session_member on session (member_id);
