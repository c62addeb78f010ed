//! `verify PROOF`: one proof, checked offline with nothing but the log's key.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ledger::{
    commitment::{Opening, Salt},
    hash::Hash,
    key::Verifier,
    tlog_proof::TlogProof,
    verify,
};
use serde_json::{Value, json};
use server::clock::rfc3339;

use crate::{
    args::Common,
    exit::{FAILED, OK},
    failure::Failure,
    house, output,
};

/// A proof and what came with it.
struct Given {
    text: String,
    leaf: Vec<u8>,
    openings: Vec<Opening>,
    facts: Option<String>,
}

pub async fn run(common: &Common, file: &Path, key: Option<&str>) -> Result<u8, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|cause| Failure::io(&format!("read `{}`", file.display()), &cause))?;
    let keys = [key_of(common, key).await?];
    let given = Given::read(&text)
        .map_err(|what| Failure::Failed(format!("`{}` is no proof: {what}", file.display())))?;
    let report = match verify::proof(&given.text, &given.leaf, &keys) {
        Ok(report) => report,
        Err(error) => return Ok(refuse(common, &error.to_string())),
    };
    if let Err(error) = verify::openings(&report.leaf, &given.openings) {
        return Ok(refuse(common, &error.to_string()));
    }
    let checkpoint = &report.opened.checkpoint;
    let time = i64::try_from(report.leaf.time).unwrap_or(i64::MAX);
    let time = rfc3339(consent::time::Timestamp::from_seconds(time));
    let facts: Option<Value> = given
        .facts
        .as_deref()
        .map(|facts| serde_json::from_str(facts).unwrap_or_else(|_| facts.into()));
    if common.json {
        output::json(&json!({
            "holds": true, "log": checkpoint.origin(), "log_size": checkpoint.size, "index": report.index,
            "leaf_hash": report.leaf_hash.to_string(), "leaf_kind": report.leaf.kind, "time": time,
            "opened": given.openings.iter().map(|opening| opening.part.name()).collect::<Vec<_>>(), "facts": facts,
        }));
        return Ok(OK);
    }
    output::fields(&[
        ("log", checkpoint.origin().to_owned()),
        ("entry", format!("{} of {}", report.index, checkpoint.size)),
        ("time", time),
        ("leaf", report.leaf_hash.to_string()),
    ]);
    match facts {
        Some(facts) => {
            output::line("The proof holds, and this is what was recorded:");
            let members = facts.as_object().cloned().unwrap_or_default();
            for (name, value) in &members {
                let plain = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                output::line(format_args!("  {name}: {plain}"));
            }
        }
        None => output::line(
            "The proof holds: this leaf stands in the log. What it says was not given.",
        ),
    }
    Ok(OK)
}

fn refuse(common: &Common, why: &str) -> u8 {
    if common.json {
        output::json(&json!({ "holds": false, "reason": why }));
    } else {
        output::line(format_args!("The proof does not hold: {why}."));
    }
    FAILED
}

/// The key that was given, in words or in a file, or the key of the database.
async fn key_of(common: &Common, key: Option<&str>) -> Result<Verifier, Failure> {
    let Some(key) = key else {
        if common.config.is_none() && common.data.is_none() {
            return Err(Failure::Usage(
                "whose log? want --key with the log's key, or --config or --data of the database"
                    .to_owned(),
            ));
        }
        let app = house::open(common).await?;
        let verifier = app.signer.verifier().clone();
        app.store.close().await;
        return Ok(verifier);
    };
    let text = if Path::new(key).is_file() {
        std::fs::read_to_string(key)
            .map_err(|cause| Failure::io(&format!("read `{key}`"), &cause))?
    } else {
        key.to_owned()
    };
    text.trim()
        .parse()
        .map_err(|error: ledger::key::BadKey| Failure::Usage(error.to_string()))
}

impl Given {
    fn read(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('{') {
            return Self::read_json(text);
        }
        let proof: TlogProof = text.parse().map_err(|error| format!("{error}"))?;
        let leaf = proof
            .extra
            .ok_or("it has no leaf: want it in the line `extra`")?;
        Ok(Self {
            text: text.to_owned(),
            leaf,
            openings: Vec::new(),
            facts: None,
        })
    }

    fn read_json(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let string = |name: &str| value.get(name).and_then(Value::as_str);
        let proof = string("proof").ok_or("want a member `proof` with the text of the proof")?;
        let leaf = match string("leaf") {
            Some(leaf) => bytes("leaf", leaf)?,
            None => proof
                .parse::<TlogProof>()
                .map_err(|error| error.to_string())?
                .extra
                .ok_or("want a member `leaf`, or the leaf in the proof's line `extra`")?,
        };
        let facts = value.get("facts").filter(|facts| !facts.is_null());
        // The commitment is to the very text; an object was taken apart on its way and is put together the same way.
        let facts = facts.map(|facts| {
            facts
                .as_str()
                .map_or_else(|| facts.to_string(), str::to_owned)
        });
        Ok(Self {
            openings: openings(&value, facts.as_deref())?,
            text: proof.to_owned(),
            leaf,
            facts,
        })
    }
}

/// The openings for which there is a salt: a list in the order of the leaf, or an object by name.
fn openings(value: &Value, facts: Option<&str>) -> Result<Vec<Opening>, String> {
    let salts = value.get("salts");
    let salt = |at: usize, name: &str| -> Result<Option<Salt>, String> {
        let text = salts.and_then(|salts| salts.get(at).or_else(|| salts.get(name)));
        let Some(text) = text.and_then(Value::as_str) else {
            return Ok(None);
        };
        let salt: [u8; 32] = bytes("salts", text)?
            .try_into()
            .map_err(|_| format!("the salt for `{name}` has not 32 bytes"))?;
        Ok(Some(Salt::new(salt)))
    };
    let string = |name: &str| value.get(name).and_then(Value::as_str);
    let mut openings = Vec::new();
    match (salt(0, "facts")?, facts) {
        (Some(salt), Some(facts)) => openings.push(Opening::facts(salt, facts.as_bytes())),
        (None, Some(_)) => return Err("there are facts and no salt to open them with".to_owned()),
        (_, None) => {}
    }
    if let Some(salt) = salt(1, "person")? {
        let person = string("person").unwrap_or_default();
        let person = match uuid::Uuid::parse_str(person) {
            Ok(id) => id.as_bytes().to_vec(),
            Err(_) if person.is_empty() => Vec::new(),
            Err(_) => return Err(format!("`{person}` is not a person's id")),
        };
        openings.push(Opening::person(salt, person));
    }
    if let Some(salt) = salt(2, "link")? {
        let previous = string("previous").filter(|text| !text.is_empty());
        let previous = previous
            .map(|text| bytes("previous", text))
            .transpose()?
            .map(<[u8; 32]>::try_from)
            .transpose()
            .map_err(|_| "`previous` has not 32 bytes".to_owned())?
            .map(Hash::new);
        openings.push(Opening::link(salt, previous.as_ref()));
    }
    Ok(openings)
}

/// Bytes in hexadecimal or base64.
fn bytes(name: &str, text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text)
        .or_else(|_| STANDARD.decode(text))
        .map_err(|_| format!("`{name}` is neither hexadecimal nor base64"))
}
