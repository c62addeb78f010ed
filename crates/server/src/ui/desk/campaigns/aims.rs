//! What a campaign is to do, line by line.

use super::words;
use crate::{
    services::campaigns::body::{CampaignAnswer, VariantAnswer},
    ui::desk::{Desk, reports::number},
};

/// What it is to do: what each line is about, and what it says.
pub(super) fn lines(
    desk: &Desk,
    campaign: &CampaignAnswer,
    numbers: &str,
) -> Vec<(String, String)> {
    let mut lines = vec![
        (
            desk.say("campaigns-whom"),
            words::audience(desk, &campaign.audience),
        ),
        (desk.say("campaigns-field-number"), numbers.to_owned()),
    ];
    let is_compared = campaign.variants.len() > 1;
    for variant in &campaign.variants {
        let told = message(desk, variant, is_compared);
        lines.push((desk.say("campaigns-field-template"), told));
    }
    let basis = campaign.basis.as_deref();
    let basis = basis.map_or_else(|| "–".to_owned(), |basis| words::basis(desk, basis));
    lines.push((desk.say("campaigns-field-basis"), basis));
    if let Some(at) = &campaign.start_at {
        let id = if campaign.state == "draft" {
            "campaigns-field-start-at"
        } else {
            "campaigns-starts"
        };
        lines.push((desk.say(id), words::moment(desk, at)));
    }
    if let Some(quiet) = &campaign.quiet_hours {
        let hours = format!("{}–{}", quiet.from, quiet.to);
        lines.push((desk.say("campaigns-quiet"), hours));
    }
    if let Some(pace) = campaign.pace {
        lines.push((desk.say("campaigns-field-pace"), pace.to_string()));
    }
    lines.push((desk.say("campaigns-recorder"), recorder(desk, campaign)));
    lines.extend(history(desk, campaign));
    lines
}

fn message(desk: &Desk, variant: &VariantAnswer, is_compared: bool) -> String {
    let mut told = format!("{} ({})", variant.template, variant.language);
    if is_compared {
        told = format!("{}: {told}, {} %", variant.name, variant.share);
    }
    if variant.delay_minutes > 0 {
        let seconds = u64::from(variant.delay_minutes) * 60;
        let later = words::duration(desk, seconds);
        let later = desk.say_with("campaigns-later", &[("time", &later)]);
        told = format!("{told}, {later}");
    }
    told
}

/// When it was made, begun and ended, and by whom.
fn history(desk: &Desk, campaign: &CampaignAnswer) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (what, at) in [
        ("campaigns-made", Some(&campaign.created_at)),
        ("campaigns-started", campaign.started_at.as_ref()),
        ("campaigns-ended", campaign.ended_at.as_ref()),
    ] {
        let Some(at) = at else { continue };
        let told = words::moment(desk, at);
        let told = match what {
            "campaigns-made" => format!("{told} · {}", campaign.created_by),
            _ => told,
        };
        lines.push((desk.say(what), told));
    }
    if let Some(by) = &campaign.changed_by {
        lines.push((desk.say("campaigns-changed-by"), by.clone()));
    }
    if let Some(by) = &campaign.approved_by {
        lines.push((desk.say("campaigns-approved"), by.clone()));
    }
    lines
}

fn recorder(desk: &Desk, campaign: &CampaignAnswer) -> String {
    if campaign.flight_recorder == "on" {
        let limit = number(desk, Some(campaign.opt_out_limit));
        return desk.say_with("campaigns-recorder-stops", &[("limit", &limit)]);
    }
    let off = desk.say("campaigns-off");
    match &campaign.flight_recorder_reason {
        Some(why) => format!("{off}: {why}"),
        None => off,
    }
}
