//! The evidence: a Merkle log of salted commitments that outsiders can verify.
//!
//! Pure: no input or output, no clock, no randomness. Salts, seeds and times are arguments; tiles
//! go in and out as bytes. Everything that leaves the house is in a public format (RFC 6962 and
//! C2SP), so that it can be checked without this crate.
//!
//! - [`commitment`]: a leaf shows three commitments, each an HMAC under its own salt. Who has salt
//!   and bytes can prove what was recorded; who destroys the salt makes it unprovable, and the tree
//!   stands as before.
//! - [`leaf`]: the 112 bytes of an entry: when, which kind, and the commitments to the facts, the
//!   person and the person's previous event.
//! - [`hash`]: SHA-256, and how RFC 6962 hashes leaves and nodes.
//! - [`tile`]: the tree in strips of 256 hashes: their places and paths, and which of them a log of
//!   some size has. [`entries`]: the bundles in which the leaves themselves are served.
//! - [`tree`]: `Edge`, from which a log grows. `append` says which tiles became full, which partial
//!   ones changed, and the new root.
//! - [`key`], [`note`], [`checkpoint`]: Ed25519 keys with names, signed notes, and the signed
//!   statement of a log's size and root.
//! - [`proof`]: inclusion and consistency proofs, made in two steps (which tiles, then the hashes)
//!   and checked. [`tlog_proof`]: the text in which a proof travels.
//! - [`verify`]: one proof, checked offline. [`audit`]: a whole log, computed again in one pass.
//! - [`malformed`]: which line of a text is wrong, and what was wanted there.
//!
//! A flow, from an event to somebody who does not trust us:
//!
//! ```
//! use ledger::checkpoint::Checkpoint;
//! use ledger::commitment::{Opening, Salt};
//! use ledger::key::Signer;
//! use ledger::leaf::{Flags, Leaf};
//! use ledger::proof::Plan;
//! use ledger::tile::Tiles;
//! use ledger::tlog_proof::TlogProof;
//! use ledger::tree::Edge;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let random = |n| Salt::new([n; 32]);
//! let facts = Opening::facts(random(1), "opt_in marketing, web form");
//! let person = Opening::person(random(2), "the contact's id");
//! let link = Opening::link(random(3), None);
//! let leaf = Leaf {
//!     kind: 1,
//!     flags: Flags::NONE,
//!     schema: 1,
//!     time: 1_795_341_600,
//!     facts: facts.commitment(),
//!     person: person.commitment(),
//!     link: link.commitment(),
//! };
//!
//! let mut edge = Edge::new();
//! let growth = edge.append(&[leaf.hash()])?; // store growth.full and growth.partial
//!
//! let signer = Signer::from_seed("consentry.example/log", &[7; 32])?;
//! let checkpoint = Checkpoint::new("consentry.example/log", growth.size, growth.root)?;
//! let checkpoint = checkpoint.sign(&signer)?.to_string();
//!
//! let plan = Plan::inclusion(growth.first, growth.size)?;
//! let mut tiles = Tiles::default();
//! for id in plan.tiles() {
//!     # let stored = growth.partial[0].bytes();
//!     tiles.insert(id.level, id.index, &stored)?; // as stored
//! }
//! let path = plan.compute(&tiles)?;
//! let proof = TlogProof { extra: None, index: growth.first, path, checkpoint }.to_string();
//!
//! // Elsewhere, with nothing but the text, the leaf and the key that the log gave out.
//! let keys = [signer.verifier().to_string().parse()?];
//! let report = ledger::verify::proof(&proof, &leaf.encode(), &keys)?;
//! ledger::verify::openings(&report.leaf, &[facts, person, link])?;
//! # Ok(())
//! # }
//! ```

pub mod audit;
pub mod checkpoint;
pub mod commitment;
pub mod entries;
pub mod hash;
pub mod key;
pub mod leaf;
pub mod malformed;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod verify;

mod decimal;
