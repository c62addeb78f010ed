//! `campaign`: one message to many, made, looked at, begun and stopped beside a running server, which does the sending.

mod file;
mod show;
mod watch;

use std::sync::atomic::Ordering;

use serde_json::json;
use server::{
    app::App,
    serve,
    services::{
        backup,
        campaigns::{
            self, acts,
            body::{CampaignAnswer, PreflightAnswer},
            draft, preflight, report,
        },
    },
};
use uuid::Uuid;

use super::keys::ACTOR;
use crate::{
    args::{
        Common,
        campaign::{By, Campaign, Report},
    },
    exit::{DENIED, FAILED, OK},
    failure::Failure,
    house, output,
};

/// Campaigns that are read at one time.
const PAGE: u32 = 500;

pub async fn run(common: &Common, act: Campaign) -> Result<u8, Failure> {
    let app = house::open_known(common).await?;
    // Of an older copy that nobody acknowledged, marketing is held: a pre-flight has to say so.
    let restored = backup::is_restored(&app).await?;
    app.restored.store(restored, Ordering::SeqCst);
    let done = obey(&app, common, act).await;
    app.store.close().await;
    done
}

async fn obey(app: &App, common: &Common, act: Campaign) -> Result<u8, Failure> {
    let answer = match act {
        Campaign::Create { file, by } => draft::create(app, &file::body(&file)?, &who(by)).await?,
        Campaign::Change { id, file, by } => {
            draft::change(app, (id, None), &file::body(&file)?, &who(by)).await?
        }
        Campaign::List => return list(app, common).await,
        Campaign::Show { id } => campaigns::show(app, id).await?,
        Campaign::Preview { id, limit } => return preview(app, common, (id, limit)).await,
        Campaign::Preflight { id } => return look(app, common, id).await,
        Campaign::Approve { id, by } => acts::approve(app, (id, None), &who(by)).await?,
        Campaign::Draw { id } => watch::draw(app, id).await?,
        Campaign::Start { id, watch } => {
            let started = acts::start(app, (id, None), ACTOR).await?;
            let is_served = say_unless_served(app)?;
            if watch && is_served {
                watch::to_the_end(app, id).await?
            } else {
                started
            }
        }
        Campaign::Pause { id } => acts::pause(app, id, ACTOR).await?,
        Campaign::Resume { id } => {
            let resumed = acts::resume(app, id, ACTOR).await?;
            say_unless_served(app)?;
            resumed
        }
        Campaign::Cancel { id } => acts::cancel(app, id, ACTOR).await?,
        Campaign::Report(asked) => return tell(app, common, asked).await,
    };
    if common.json {
        output::json(&json!(answer));
    } else {
        show::campaign(&answer);
    }
    Ok(code(&answer.state))
}

fn who(by: By) -> String {
    by.name.unwrap_or_else(|| ACTOR.to_owned())
}

/// A campaign that failed is a failure of whoever waited for it, too.
fn code(state: &str) -> u8 {
    if state == "failed" { FAILED } else { OK }
}

/// Whether a server will go on with it, as far as that can be told: with PostgreSQL it may run anywhere. Says so where none does.
fn say_unless_served(app: &App) -> Result<bool, Failure> {
    let Some(file) = house::database_file(&app.config) else {
        return Ok(true);
    };
    let is_served = serve::is_served(&file)?;
    if !is_served {
        output::note(
            &"no server has this database open: nothing is sent before `consentry serve` runs",
        );
    }
    Ok(is_served)
}

async fn list(app: &App, common: &Common) -> Result<u8, Failure> {
    let mut all: Vec<CampaignAnswer> = Vec::new();
    loop {
        let after = all.last().and_then(|last| last.id.parse::<Uuid>().ok());
        let page = campaigns::list(app, after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    if common.json {
        output::json(&json!({ "items": all, "next": null }));
    } else {
        show::list(&all);
    }
    Ok(OK)
}

async fn preview(app: &App, common: &Common, (id, limit): (Uuid, u32)) -> Result<u8, Failure> {
    let (items, next) = campaigns::preview(app, id, ("", limit)).await?;
    if common.json {
        output::json(&json!({ "items": items, "next": next }));
    } else {
        show::previews(&items);
    }
    Ok(OK)
}

/// What keeps it from starting stands on stderr, and in the exit code.
async fn look(app: &App, common: &Common, id: Uuid) -> Result<u8, Failure> {
    let answer: PreflightAnswer = preflight::run(app, id).await?;
    if common.json {
        output::json(&json!(answer));
    } else {
        show::preflight(&answer);
    }
    for blocker in &answer.blockers {
        output::say(&format!("it cannot start: {blocker}"));
    }
    if answer.needs_approval {
        output::note(&format!(
            "a second person has to agree before it starts: `consentry campaign approve {id} --as NAME`"
        ));
    }
    Ok(if answer.blockers.is_empty() {
        OK
    } else {
        DENIED
    })
}

async fn tell(app: &App, common: &Common, asked: Report) -> Result<u8, Failure> {
    let Report {
        id,
        watch,
        csv,
        series,
    } = asked;
    if watch {
        watch::to_the_end(app, id).await?;
    }
    let answer = report::report(app, id).await?;
    if let Some(file) = csv {
        file::people(app, id, &file).await?;
    }
    if let Some(file) = series {
        file::series(app, id, &file).await?;
    }
    if common.json {
        output::json(&json!(answer));
    } else {
        show::report(&answer);
    }
    Ok(if watch { code(&answer.state) } else { OK })
}
