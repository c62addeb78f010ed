//! What a pre-flight has seen so far: who may get it, and of whom everything is known that the message says.

use std::collections::{BTreeMap, HashSet};

use consent::{id::ContactId, scope::Category};
use uuid::Uuid;

use super::super::{
    addressees::{self, Addresses, Member},
    compose::{CannotMake, Known, Ready},
    place::Census,
    plan::Plan,
};
use crate::{
    app::App,
    error::Error,
    services::{check::Ask, sift::Sieve},
};

/// Of how many it is looked whether they were written to lately; of more, the share of these is taken for all.
const RECENT_MAX: usize = 10_000;

/// What was seen so far.
pub(super) struct Look<'a> {
    pub(super) category: Category,
    pub(super) census: Census,
    sieve: Sieve,
    met: Vec<ContactId>,
    variants: &'a [Ready],
    shares: Vec<u16>,
    campaign: Uuid,
    /// Of how many something is not known that the message says.
    lacking: u64,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        app: &App,
        (campaign, plan): (Uuid, &Plan),
        variants: &'a [Ready],
        ask: Ask,
    ) -> Self {
        Self {
            category: ask.request().category,
            census: Census::new(plan.quiet, app.clock.now()),
            sieve: Sieve::new(app, ask),
            met: Vec::new(),
            variants,
            shares: plan.shares(),
            campaign,
            lacking: 0,
        }
    }

    /// Whether something has to be known of everybody, because nothing is said instead.
    pub(super) fn insists(&self) -> bool {
        self.variants.iter().any(Ready::insists)
    }

    /// Whether more people are to be met by name.
    pub(super) const fn has_room(&self) -> bool {
        self.met.len() < RECENT_MAX
    }

    /// Those who were met by name.
    pub(super) fn met(&self) -> &[ContactId] {
        &self.met
    }

    /// How many were looked at, and how many would get it.
    pub(super) fn counts(&self) -> (u64, u64) {
        let tally = self.sieve.tally();
        (tally.total(), tally.allowed() - self.lacking)
    }

    /// Why the others would not, and how many for each reason.
    pub(super) fn reasons(&self) -> BTreeMap<String, u64> {
        let refused = self.sieve.tally().refused().into_iter();
        let mut reasons: BTreeMap<String, u64> = refused
            .map(|(code, count)| (code.word().to_owned(), count))
            .collect();
        if self.lacking > 0 {
            reasons.insert(CannotMake::GAP.to_owned(), self.lacking);
        }
        reasons
    }

    /// Notes who they are.
    pub(super) fn meet(&mut self, members: &[Member]) {
        let room = RECENT_MAX.saturating_sub(self.met.len());
        let known = members.iter().filter_map(|member| member.contact);
        self.met.extend(known.take(room));
    }

    /// Looks at a page of people.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn take(&mut self, app: &App, page: &Addresses) -> Result<(), Error> {
        let mut allowed = Vec::with_capacity(page.lines.len());
        let ready = app.memory.ready();
        self.sieve
            .sift(app, ready.as_deref(), &page.lines, &mut allowed)
            .await?;
        let lacking = if self.insists() {
            self.who_lacks(app, page, &allowed).await?
        } else {
            HashSet::new()
        };
        for line in lines(&allowed) {
            if lacking.contains(line) {
                self.lacking += 1;
            } else {
                self.census.add(line);
            }
        }
        Ok(())
    }

    /// The addresses of those who may get it and for whom it cannot be made.
    async fn who_lacks(
        &self,
        app: &App,
        page: &Addresses,
        allowed: &[u8],
    ) -> Result<HashSet<String>, Error> {
        let allowed: HashSet<&str> = lines(allowed).collect();
        let may_get = |member: &&Member| allowed.contains(member.address.as_str());
        let members: Vec<Member> = page.members.iter().filter(may_get).cloned().collect();
        let known = addressees::known(app, &members).await?;
        let seats = (self.campaign, self.shares.as_slice());
        let pairs = members.into_iter().zip(&known);
        let lacking = pairs
            .filter(|(member, known)| lacks(seats, self.variants, member.contact, known).is_some());
        Ok(lacking.map(|(member, _)| member.address).collect())
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &str> {
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| std::str::from_utf8(line).unwrap_or_default());
    lines.filter(|line| !line.is_empty())
}

/// Why the message cannot be made for somebody. Of whoever gets an id only when they are drawn it is not known yet which variant is
/// theirs: they lack something when they lack it for any.
pub(super) fn lacks(
    (campaign, shares): (Uuid, &[u16]),
    variants: &[Ready],
    contact: Option<ContactId>,
    known: &Known,
) -> Option<CannotMake> {
    let fault = |ready: &Ready| ready.look(known).err();
    match contact {
        Some(contact) => {
            let place = campaign::draw::split(*campaign.as_bytes(), contact.get(), shares);
            variants.get(place).and_then(fault)
        }
        None => variants.iter().find_map(fault),
    }
}
