//! Content: the text, its versions side by side, who must approve it and why.

use std::collections::HashMap;

use axum::extract::State;
use maud::{Markup, html};
use placet_app::approval::{self, Reviewed};
use placet_domain::content::ContentHash;
use placet_domain::operator::Capability;
use placet_domain::review::Standing;
use placet_store::contents::{self, Listed};
use placet_store::{StoreError, Tx, operators};

use crate::components::table::{Table, numbered_pages, one_page};
use crate::components::{Tone, button_link, empty, header, pill, quiet_link, time};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

mod absences;
pub(crate) mod alerts;
mod claims;
mod comments;
mod compare;
mod conditions;
mod cycle;
mod fill;
mod form;
mod library;
mod link;
mod preview;
mod print;
mod review;
mod show;
mod test;

const VIEW: Rule = Rule::Needs(Capability::ViewContent);
const WRITE: Rule = Rule::Needs(Capability::WriteContent);
const COMMENT: Rule = Rule::Needs(Capability::CommentContent);
const APPROVE: Rule = Rule::Needs(Capability::ApproveContent);
/// How many contents a page of the list shows.
const ON_A_PAGE: u64 = 50;
/// The most contents that are looked at.
const MOST: u32 = 5_000;

pub(crate) use review::roles;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/content", VIEW, list)
        .post("/content", WRITE, form::create)
        .get("/content/new", WRITE, form::new)
        .post("/content/preview", WRITE, preview::live)
        .get("/content/reviews", VIEW, cycle::show)
        .get("/content/starters", VIEW, fill::starters)
        .post("/content/starters/{code}", WRITE, fill::begin)
        .get("/versions/{id}/fill", WRITE, fill::ask)
        .post("/versions/{id}/fill", WRITE, fill::fill)
        .get("/content/library", VIEW, library::show)
        .post("/versions/{id}/comments", COMMENT, comments::make)
        .post("/comments/{id}/resolutions", COMMENT, comments::resolve)
        .post("/conditions/{id}/lifts", APPROVE, conditions::lift)
        .post("/versions/{id}/renewals", APPROVE, library::renew)
        .merge(absences::routes())
        .merge(link::routes())
        .merge(claims::routes())
        .get("/content/{id}", VIEW, show::latest)
        .post("/content/{id}", WRITE, form::rename)
        .get("/content/{id}/compare", VIEW, compare::show)
        .get("/versions/{id}", VIEW, show::version)
        .get("/versions/{id}/preview", VIEW, preview::show)
        .get("/versions/{id}/proof.pdf", VIEW, print::proof)
        .get("/versions/{id}/edit", WRITE, form::edit)
        .post("/versions/{id}/edit", WRITE, form::revise)
        .post("/versions/{id}/tests", VIEW, test::send)
        .post("/versions/{id}/submissions", WRITE, review::submit)
        .post("/versions/{id}/verdicts", APPROVE, review::judge)
}

/// A standing as a pill.
pub(crate) fn standing(reviewed: &Reviewed) -> Markup {
    let tone = match reviewed.standing {
        Standing::Draft => Tone::Neutral,
        Standing::InReview { .. } => Tone::Warn,
        Standing::Returned { .. } | Standing::Altered | Standing::Expired { .. } => Tone::Bad,
        Standing::Approved => Tone::Good,
    };
    pill(tone, reviewed.standing.label())
}

/// The names of operators by the code that rows carry; other codes stand for themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    pub(crate) fn load(tx: &mut Tx) -> Result<Self, StoreError> {
        let all = operators::list(tx)?.into_iter();
        Ok(Self(
            all.map(|one| (one.id.to_string(), one.name)).collect(),
        ))
    }

    pub(crate) fn of<'a>(&'a self, code: &'a str) -> &'a str {
        self.0.get(code).map_or(code, String::as_str)
    }
}

/// The beginning of a hash, enough to compare by eye.
pub(crate) fn short(hash: &ContentHash) -> String {
    hash.to_string().chars().take(12).collect()
}

/// `GET`: every content with its newest version.
async fn list(State(site): State<Site>, viewer: Viewer, query: Query) -> Result<Markup, WebError> {
    let (asked, now) = (query.clone(), site.now());
    let (listed, n) = site
        .store()
        .read(move |tx| {
            let (page, n) = one_page(&asked, contents::list(tx, MOST)?, ON_A_PAGE);
            let mut rows = Vec::new();
            let bench = approval::Bench::read(tx, now)?;
            for one in page {
                let reviewed = approval::of_with(tx, &bench, one.latest.clone())?;
                rows.push((one, reviewed));
            }
            Ok::<_, placet_app::ActError>((rows, n))
        })
        .await?;
    let lead = "Every edit is a version of its own. An approval holds for exactly one of them.";
    let actions = html! {
        (quiet_link("/content/starters", "Starter texts"))
        (quiet_link("/content/claims", "Claims"))
        (quiet_link("/content/library", "Review the library"))
        (quiet_link("/content/reviews", "How long reviews take"))
        @if viewer.can(Capability::WriteContent) {
            (quiet_link("/content/new?channel=sms", "Write a text message"))
            (quiet_link("/content/new?channel=postal&format=letter", "Write a letter"))
            (quiet_link("/content/new?channel=postal&format=postcard_6x9", "Write a postcard"))
            (quiet_link("/content/new?channel=voice_live", "Write a call script"))
            (button_link("/content/new", "Write content"))
        }
    };
    Ok(layout::page(
        &viewer,
        Place::Content,
        "Content",
        &html! {
            (header("Content", lead, &actions))
            @if n == 0 {
                (empty("No content yet", "What you write here is checked while you write it, approved by \
                    somebody else, and sent exactly as it was approved.", &actions))
            } @else {
                (table(&listed))
                (numbered_pages(&query, query.page(), n, ON_A_PAGE))
            }
        },
    ))
}

fn table(listed: &[(Listed, Reviewed)]) -> Markup {
    let rows = listed.iter().map(|(one, reviewed)| {
        let draft = &one.latest.draft;
        html! {
            th scope="row" { a href={ "/content/" (one.id) } { (one.name) } }
            td { (standing(reviewed)) }
            td { (draft.channel.label()) }
            td { (draft.class.label()) }
            td { (reviewed.tier().label()) }
            td { (draft.topic.label()) }
            td.number { (one.latest.number) }
            td { (time(one.latest.created_at)) }
        }
    });
    Table::new("Content, the newest version first")
        .column("Name")
        .column("Newest version")
        .column("Channel")
        .column("Class")
        .column("Review")
        .column("Topic")
        .number("Version")
        .column("Saved")
        .rows(rows)
        .render(&Query::default())
}
