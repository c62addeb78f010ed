//! Webhooks against a running gate, and the same table work in PostgreSQL: what the rows about receiving share.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    register::Standing,
    scope::Scope,
    time::Timestamp,
};
use store::{codec, message::State};
use uuid::Uuid;

use crate::{
    numbers::number,
    ours::{NUMBER, Ours, Start},
    peers::{
        pgbench::{self, Pressure, Script},
        postgres::Postgres,
    },
    say::say,
    seed,
    webhooks::{self, Draw, MESSAGE_IN, Signer},
    wire::{self, Load},
};

/// Bodies that are made for a second of a run; more than that nobody takes.
const BODIES_A_SECOND: u64 = 12_000;
/// Bodies for one connection, which waits for the disk each time.
const BODIES_A_SECOND_ALONE: u64 = 2_000;
/// Messages whose state is looked up afterwards.
const LOOKED_UP: usize = 500;
/// Bytes of a raw body as it is kept, sealed.
const BODY_BYTES: usize = 900;

/// A gate with people and messages of ours, and the webhooks that were not told yet.
pub struct Door {
    signer: Signer,
    people: u64,
    /// The first message that nothing was told of.
    next: u64,
    /// How many messages there are.
    until: u64,
    run: u64,
    /// Messages whose three statuses were all acknowledged.
    read: Vec<u64>,
    folder: PathBuf,
    _temporary: tempfile::TempDir,
}

impl Door {
    /// A database of its own for so many seconds of webhooks.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(work: &Path, people: u64, seconds: u64) -> Result<Self> {
        let from = seed::people(work, people)?;
        let temporary = tempfile::Builder::new()
            .prefix("webhooks-")
            .tempdir_in(work)?;
        let folder = temporary.path().join("data");
        let copied = Command::new("cp")
            .arg("-r")
            .args([&from, &folder])
            .status()?;
        ensure!(copied.success(), "cannot copy {}", from.display());
        let until = Draw::messages_for(seconds * BODIES_A_SECOND) + 10_000;
        seed::block_on(async {
            let app = seed::open(&folder).await?;
            seed::messages(&app, people, 0, until).await?;
            seed::say_nothing(&app).await?;
            app.store.close().await;
            Ok(())
        })?;
        Ok(Self {
            signer: Signer::new()?,
            people,
            next: 0,
            until,
            run: 0,
            read: Vec::new(),
            folder,
            _temporary: temporary,
        })
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Sends webhooks over so many connections for so long. Each body is new, and each was answered 200.
    ///
    /// # Errors
    /// When one is refused, or there are no messages left to speak of.
    pub fn knock(&mut self, ours: &Ours, connections: usize, seconds: u64) -> Result<Load> {
        let rate = if connections == 1 {
            BODIES_A_SECOND_ALONE
        } else {
            BODIES_A_SECOND
        };
        let left = self.until.saturating_sub(self.next);
        let count = (rate * seconds).min(left * 3);
        ensure!(
            left > 1_000,
            "no messages are left whose statuses could be told"
        );
        self.run += 1;
        let draw = Draw {
            people: self.people,
            first_message: self.next,
            run: self.run,
        };
        let requests = Arc::new(draw.requests(&self.signer, count));
        let done = wire::load(
            ours.address(),
            &requests,
            connections,
            Duration::from_secs(seconds),
        )?;
        ensure!(
            done.refused == 0,
            "{} webhooks were not answered 200",
            done.refused
        );
        let told = done.waits.len();
        self.read.extend(draw.read_after(told));
        self.next = draw.after(told + u64::try_from(connections)?);
        Ok(done)
    }

    /// Looks at messages whose three statuses were all acknowledged: they must have been read.
    ///
    /// # Errors
    /// When one is not.
    pub fn look(&self) -> Result<()> {
        let wamids: Vec<String> = self
            .read
            .iter()
            .copied()
            .take(LOOKED_UP)
            .map(webhooks::wamid)
            .collect();
        let lines = seed::block_on(async {
            let app = seed::open(&self.folder).await?;
            let lines = app.store.find_messages(&[], &wamids).await?;
            app.store.close().await;
            Ok(lines)
        })?;
        let read = lines
            .iter()
            .filter(|line| line.state == State::Read)
            .count();
        say(&format!(
            "{read} of {} messages that were read say so",
            wamids.len()
        ));
        ensure!(
            read == wamids.len(),
            "of {} messages that were read only {read} say so",
            wamids.len()
        );
        Ok(())
    }
}

/// PostgreSQL with our own tables, filled with the same people and messages.
///
/// # Errors
/// When it does not start.
pub fn tables(people: u64, messages: u64) -> Result<Postgres> {
    let postgres = Postgres::start()?;
    let url = postgres.url();
    seed::block_on(async {
        store::pool::Store::open(&url).await?.close().await;
        Ok(())
    })?;
    let phone = "(case i % 4 when 0 then 4475 when 1 then 55119 when 2 then 9198 else 49151 end * 100000000::bigint \
                 + (i / 4 * 61803399 + 12345678) % 100000000)";
    let (of_i, of_person) = (id("i"), id(&format!("i % {people}")));
    let standing = standing();
    postgres.sql(&format!(
        "insert into contact (id, sealing_key, standing, version, consent, platform, created_ms, changed_ms) \
         select {of_i}, decode(repeat('5a', 60), 'hex'), '{standing}', 1, 'none', 'open', 1795341600000, 1795341600000 \
         from generate_series(0, {people} - 1::bigint) as i"
    ))?;
    postgres.sql(&format!(
        "insert into alias (key, contact_id, kind, value, since_ms) select 'p:' || {phone}, {of_i}, 'phone', '+' || {phone}, \
         1795341600000 from generate_series(0, {people} - 1::bigint) as i"
    ))?;
    postgres.sql(&format!(
        "insert into event (contact_id, id, kind, argument, clock, at_ms, received_ms, source, leaf) \
         select {of_i}, {of_i}, 'opt_in', '{{}}', 'ours', 1795341600000, 1795341600000, 'web_form', \
         decode(repeat('5a', 112), 'hex') from generate_series(0, {people} - 1::bigint) as i"
    ))?;
    postgres.sql(&format!(
        "insert into message (contact_id, id, direction, number, recipient, category, template, language, state, because, \
         policy_version, as_of, at_ms, wamid, fingerprint) select {of_person}, {of_i}, 'out', '{NUMBER}', '+' || i, \
         'marketing', 'spring_sale', 'en_US', 'accepted', '', 1, 0, 1795341600000, \
         'wamid.HBgMQkVOQ0hPVVQ' || lpad(upper(to_hex(i)), 16, '0'), decode(repeat('07', 32), 'hex') \
         from generate_series(0, {messages} - 1::bigint) as i"
    ))?;
    postgres.sql(
        "create sequence bench_index; create sequence bench_id start 1000000000000; create table bare (id bigint generated always as identity primary key, \
         received_ms bigint not null, body bytea not null)",
    )?;
    postgres.sql("vacuum (analyze)")?;
    postgres.sql("checkpoint")?;
    Ok(postgres)
}

/// The same rows as ours for an event, in one transaction, every statement prepared and sent in one go (pipelined).
///
/// # Errors
/// When a statement fails.
pub fn same_work(
    postgres: &Postgres,
    people: u64,
    messages: u64,
    pressure: Pressure,
) -> Result<pgbench::Outcome> {
    let scripts = [
        Script {
            text: status_script(people, messages),
            weight: u32::try_from(MESSAGE_IN - 1)?,
        },
        Script {
            text: message_script(people),
            weight: 1,
        },
    ];
    pgbench::run(postgres, &scripts, pressure)
}

/// One row, one statement, one transaction.
///
/// # Errors
/// When a statement fails.
pub fn bare_insert(postgres: &Postgres, pressure: Pressure) -> Result<pgbench::Outcome> {
    let text = format!(
        "insert into bare (received_ms, body) values (1795341600000, decode(repeat('5a', {BODY_BYTES}), 'hex'));\n"
    );
    pgbench::run(postgres, &[Script { text, weight: 1 }], pressure)
}

/// What both scripts begin with: the person's number, a key of this event, and everything in one go.
const HEAD: &str = "\\set p case when :c % 4 = 0 then 4475 when :c % 4 = 1 then 55119 when :c % 4 = 2 then 9198 else 49151 end\n\
    \\set n :p * 100000000 + (:c / 4 * 61803399 + 12345678) % 100000000\n\\set k random(1, 9000000000000000000)\n\\startpipeline\nbegin;\n";

/// An id as the rows have it, from a number.
fn id(number: &str) -> String {
    format!("decode(lpad(to_hex({number}), 32, '0'), 'hex')")
}

fn keep_body() -> String {
    format!(
        "insert into webhook (sha256, received_ms, sealed) values (sha256(int8send(:k::bigint)), 1795341600000, \
         decode(repeat('5a', {BODY_BYTES}), 'hex')) on conflict (sha256) do nothing;\n"
    )
}

fn status_script(people: u64, messages: u64) -> String {
    let wamid = "'wamid.HBgMQkVOQ0hPVVQ' || lpad(upper(to_hex(:m::bigint)), 16, '0')";
    let keep = keep_body();
    format!(
        "\\set m random(0, {messages} - 1)\n\\set c :m % {people}\n\
         {HEAD}select id, contact_id, recipient, number, state from message where wamid = {wamid};\n\
         select contact_id from alias where key = 'p:' || :n::bigint and until_ms is null;\n{keep}\
         update message set state = 'delivered', outcome_ms = 1795341600000 + :k::bigint % 1000 where wamid = {wamid};\n\
         insert into webhook_person (contact_id, sha256) values (decode(lpad(to_hex(:c::bigint), 32, '0'), 'hex'), \
         sha256(int8send(:k::bigint))) on conflict (contact_id, sha256) do nothing;\ncommit;\n\\endpipeline\n"
    )
}

fn message_script(people: u64) -> String {
    // To pgbench a colon begins a variable; the length is what matters.
    let (standing, keep) = (standing().replace(':', "="), keep_body());
    let contact = id(":c::bigint");
    // Ids that grow, like ours: random ones would cost PostgreSQL a page each.
    let (new, fresh) = (id("nextval('bench_id')"), id("currval('bench_id')"));
    format!(
        "\\set c random(0, {people} - 1)\n\
         {HEAD}{keep}select contact_id from alias where key = 'p:' || :n::bigint and until_ms is null;\n\
         select id, standing, version, sealing_key, name from contact where id = {contact} for update;\n\
         select leaf from event where contact_id = {contact} order by id desc limit 1;\n\
         insert into seen (key, at_ms) values (sha256(int8send(:k::bigint)), 1795341600000) on conflict (key) do nothing;\n\
         insert into event (contact_id, id, kind, argument, clock, at_ms, received_ms, source, leaf) values ({contact}, {new}, \
         'opt_out', '{{}}', 'meta', 1795341600000, 1795341600000, 'keyword', decode(repeat('5a', 112), 'hex'));\n\
         insert into event_detail (contact_id, event_id, sealed) values ({contact}, {fresh}, decode(repeat('5a', 620), 'hex'));\n\
         insert into log_entry (log_index, event_id, contact_id, leaf) values (nextval('bench_index'), {fresh}, {contact}, \
         decode(repeat('5a', 112), 'hex'));\n\
         update contact set standing = '{standing}', version = version + 1, consent = 'opted_out', changed_ms = 1795341600000 \
         where id = {contact};\n\
         insert into tag (contact_id, tag) values ({contact}, 'opted-out') on conflict (contact_id, tag) do nothing;\n\
         insert into message (contact_id, id, direction, number, recipient, category, state, because, policy_version, as_of, \
         at_ms, wamid, sealed) values ({contact}, {fresh}, 'in', '{NUMBER}', '+' || :n::bigint, 'text', 'received', '', 1, 0, \
         1795341600000, 'wamid.' || :k::bigint, decode(repeat('5a', 33), 'hex'));\n\
         insert into webhook_person (contact_id, sha256) values ({contact}, sha256(int8send(:k::bigint))) \
         on conflict (contact_id, sha256) do nothing;\ncommit;\n\\endpipeline\n"
    )
}

/// A standing as our own table has it, of somebody who agreed.
fn standing() -> String {
    let at = Timestamp::from_millis(1_795_341_600_000);
    let event = Event {
        id: EventId::new(Uuid::from_u128(1)),
        contact: ContactId::new(Uuid::from_u128(2)),
        fact: Fact::OptIn(Scope::MARKETING),
        clock: Clock::Ours,
        at,
        received: at,
        evidence: Evidence::default(),
    };
    codec::standing_text(&Standing::fold(std::iter::once(&event)))
}

/// A question whose answer shows that the two sides have the same people: who has the first number.
///
/// # Errors
/// When PostgreSQL does not know them.
pub fn same_people(postgres: &Postgres) -> Result<()> {
    let found = postgres.sql(&format!(
        "select count(*) from alias where key = 'p:{}'",
        number(0)
    ))?;
    ensure!(
        found.parse::<u64>().context(found)? == 1,
        "PostgreSQL's people have other numbers than ours"
    );
    Ok(())
}

/// The gate over a door's folder.
///
/// # Errors
/// When it does not start.
pub fn serve(binary: &Path, door: &Door) -> Result<Ours> {
    let ours = Start::new(binary, door.folder()).serve()?;
    ours.wait_for_index()?;
    Ok(ours)
}
