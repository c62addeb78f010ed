-- What becomes of a template: the category that Meta announced, since when its status holds, and why.
alter table template add column coming text;
alter table template add column coming_ms bigint;
alter table template add column since_ms bigint;
alter table template add column reason text;
alter table template add column note text;
alter table template add column day text;

-- What was told of a template, one line a change.
create table template_turn (
  id bytea primary key,
  at_ms bigint not null,
  name text not null,
  language text not null,
  account text,
  kind text not null,
  was text,
  became text,
  note text
);
create index template_turn_name on template_turn (name, language, id);
