//! The page behind a reviewer's signed link, made for a phone: read one text, say one thing.
//!
//! There is no session here. Reading takes the link, saying anything the reviewer's password too
//! (ADR 9). A link that opens nothing gets one answer, whatever is wrong with it.
//!
//! INVARIANT: `GET` changes nothing; link scanners fetch every address.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::approval::comment::{self, New};
use placet_app::approval::condition;
use placet_app::approval::link::{self, Opened, Word};
use placet_app::{ActError, FieldProblem};
use placet_domain::channel::Channel;
use placet_domain::content::{Field as Part, Version};
use placet_domain::operator::Capability;
use placet_domain::review::Verdict;
use placet_domain::review::comment::Comment;
use placet_domain::review::condition::{Condition, Demand};
use placet_domain::time::Date;
use placet_store::contents;
use serde::Deserialize;

use super::{Names, compare, preview, review};
use crate::components::field::{Choice, Field, radios, select};
use crate::components::notice::{done, warn};
use crate::components::{Tone, code_block, day, definitions, pill};
use crate::csrf::OpenForm;
use crate::error::{WebError, problem_of};
use crate::layout;
use crate::routes::{Routes, Rule};
use crate::site::Site;

pub(super) fn routes() -> Routes {
    const LINK: Rule = Rule::SignedLink;
    Routes::new()
        .get("/r/{token}", LINK, show)
        .get("/r/{token}/preview", LINK, frame)
        .post("/r/{token}/verdicts", LINK, judge)
        .post("/r/{token}/comments", LINK, remark)
}

/// What the page shows.
struct Found {
    opened: Opened,
    before: Option<Version>,
    comments: Vec<Comment>,
    conditions: Vec<Condition>,
    names: Names,
    today: Date,
}

/// What was typed, to be typed no second time.
#[derive(Deserialize, Default)]
struct Form {
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    demand: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    quote: String,
    #[serde(default)]
    remark: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_password: String,
}

impl Form {
    /// The password that was typed, and in which field.
    fn typed(&self) -> (&'static str, String) {
        match self.own_password.is_empty() {
            true => ("password", self.password.clone()),
            false => ("own_password", self.own_password.clone()),
        }
    }
}

async fn load(site: &Site, token: &str) -> Result<Option<Found>, WebError> {
    let (keys, now, token) = (site.store().keys().clone(), site.now(), token.to_owned());
    let found = site
        .store()
        .read(move |tx| {
            let opened = link::open(tx, &keys, &token, now)?;
            let version = &opened.reviewed.version;
            let all = contents::list_versions(tx, version.content)?;
            let before = all.into_iter().find(|it| it.number < version.number);
            Ok::<_, ActError>(Found {
                before,
                comments: comment::list(tx, version.id)?,
                conditions: condition::list(tx, version.content)?,
                names: Names::load(tx)?,
                today: placet_app::settings::day(tx, now)?,
                opened,
            })
        })
        .await;
    match found {
        Ok(found) => Ok(Some(found)),
        Err(ActError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The one answer to every link that opens nothing.
fn nothing() -> Response {
    let body = html! {
        h1 { "This link opens nothing any more" }
        p { "A link is for one text, one reviewer and one verdict. It ends when the verdict is given, when the text \
            changes or somebody else has judged it, after a time, and when your password, roles or address change." }
        p { "If you have just given your verdict, it is recorded." }
        p { a.button href="/" { "Sign in and see what waits for you" } }
    };
    (StatusCode::NOT_FOUND, layout::alone("Nothing here", &body)).into_response()
}

/// `GET`: the text and the forms.
async fn show(State(site): State<Site>, Path(token): Path<String>) -> Result<Response, WebError> {
    Ok(match load(&site, &token).await? {
        Some(found) => page(&found, &token, &Form::default(), &[]).into_response(),
        None => nothing(),
    })
}

/// `GET`: the message as its reader sees it, for the frame of the page.
async fn frame(State(site): State<Site>, Path(token): Path<String>) -> Result<Response, WebError> {
    Ok(match load(&site, &token).await? {
        Some(found) => preview::of(&found.opened.reviewed.version),
        None => nothing(),
    })
}

fn page(found: &Found, token: &str, form: &Form, problems: &[FieldProblem]) -> Markup {
    let (opened, reviewed) = (&found.opened, &found.opened.reviewed);
    let version = &reviewed.version;
    let due = reviewed.submission.as_ref().map(|it| it.due_on);
    let is_mail = version.draft.channel == Channel::Email;
    let mut known = vec![
        ("Review", html! { (reviewed.tier().label()) }),
        ("Class", html! { (version.draft.class.label()) }),
        ("Channel", html! { (version.draft.channel.label()) }),
    ];
    if is_mail {
        known.push(("Subject", html! { (version.draft.subject) }));
    }
    let body = html! {
        h1 { (opened.content) }
        p { "Version " (version.number) ", for " strong { (opened.name) } " as " strong { (opened.link.role.label()) } "."
            @if let Some(on) = due {
                " Due " (day(on)) "." @if on < found.today { " " (pill(Tone::Bad, "Late")) }
            }
        }
        (refused(problems))
        (definitions(&known))
        h2 { "The text, with made-up values" }
        @if is_mail {
            iframe.frame-preview.phone title="The text as its reader sees it" sandbox="" src={ "/r/" (token) "/preview" } {}
        } @else {
            iframe.frame-preview.text title="The text as its reader sees it" sandbox="" src={ "/r/" (token) "/preview" } {}
        }
        (plain(version))
        h2 { "What the check found" }
        @if reviewed.findings.is_empty() { p.soft { "Nothing that needs a second look." } }
        @else {
            ul.findings { @for one in &reviewed.findings { li { (review::finding_line(&version.draft, one)) } } }
        }
        @if let Some(before) = &found.before {
            details { summary { "What changed since version " (before.number) } (compare::parts(before, version)) }
        }
        (said(found))
        (verdict_form(token, form, problems))
        (comment_form(token, version, form, problems))
    };
    layout::alone(&opened.content, &body)
}

fn refused(problems: &[FieldProblem]) -> Markup {
    html! {
        @if let Some(first) = problems.first() {
            (warn("Nothing was recorded", &html! { p { (first.problem) } }))
        }
    }
}

fn plain(version: &Version) -> Markup {
    html! {
        @if version.draft.channel == Channel::Email {
            @if let Some(mail) = preview::sample(&version.draft) {
                details { summary { "Plain text" } (code_block(&mail.text)) }
            }
        }
        details { summary { "As it was written" } (code_block(&version.draft.body)) }
    }
}

/// What was said so far: verdicts, conditions, open remarks.
fn said(found: &Found) -> Markup {
    let version = &found.opened.reviewed.version;
    let open: Vec<&Comment> = found
        .comments
        .iter()
        .filter(|one| one.resolved.is_none())
        .collect();
    html! {
        @for one in &found.opened.reviewed.approvals {
            p { (found.names.of(&one.given_by)) " approved it as " (one.role.label()) "."
                @if !one.note.is_empty() { " “" (one.note) "”" } }
        }
        @if !found.conditions.is_empty() {
            h2 { "Conditions" }
            ul.findings {
                @for one in &found.conditions {
                    li {
                        @if one.is_met(&version.draft) { (pill(Tone::Good, "Met")) } @else { (pill(Tone::Bad, "Not met")) }
                        " " (one.role.label()) ": " (one.demand.label().to_lowercase()) ", “" (one.words) "”"
                    }
                }
            }
        }
        @if !open.is_empty() {
            h2 { "Open comments" }
            @for one in open {
                div.card {
                    @if !one.quote.is_empty() { p { q { (one.quote) } } }
                    p { (one.remark) }
                    p.soft { (found.names.of(&one.made_by)) ", on version " (one.number) }
                }
            }
        }
    }
}

/// Each form has its own; a wrong one is said beside the one that was typed.
fn password_field<'a>(name: &'a str, problems: &'a [FieldProblem]) -> Field<'a> {
    Field::password(name, "Your password")
        .required()
        .autocomplete("current-password")
        .hint("What you say is recorded in your name.")
        .error(problem_of(problems, name))
}

fn verdict_form(token: &str, form: &Form, problems: &[FieldProblem]) -> Markup {
    let verdicts = [
        Choice::new(
            "approve",
            "Approve exactly this version",
            form.verdict == "approve",
        ),
        Choice::new(
            "return",
            "Return it to the writer",
            form.verdict == "return",
        )
        .hint("Say below what to change."),
    ];
    let nothing = [Choice::new("", "Nothing", form.demand.is_empty())];
    let demands: Vec<Choice> = nothing
        .into_iter()
        .chain(
            Demand::ALL
                .iter()
                .map(|one| Choice::new(one.as_str(), one.label(), form.demand == one.as_str())),
        )
        .collect();
    html! {
        h2 #verdict { "Your verdict" }
        form.stacked method="post" action={ "/r/" (token) "/verdicts" } {
            (radios("verdict", "What do you say?", "", problem_of(problems, "verdict"), &verdicts))
            (Field::area("note", "Note", 3).value(&form.note).max(2000).error(problem_of(problems, "note")).render())
            details open[!form.demand.is_empty()] {
                summary { "Approve on a condition for later versions" }
                (select("demand", "What do you ask of each later version?", "", "", &demands))
                (Field::text("words", "Which words, or what is to be read again?").value(&form.words).max(300)
                    .error(problem_of(problems, "words")).render())
            }
            (password_field("password", problems).render())
            button { "Give verdict" }
        }
    }
}

fn comment_form(token: &str, version: &Version, form: &Form, problems: &[FieldProblem]) -> Markup {
    let is_there = |part: &Part| !version.draft.part(*part).is_empty();
    let chosen = Part::find(&form.field).unwrap_or(Part::Body);
    let parts: Vec<Choice> = Part::READ
        .into_iter()
        .filter(is_there)
        .map(|part| Choice::new(part.as_str(), part.label(), part == chosen))
        .collect();
    html! {
        details open[!form.remark.is_empty()] {
            summary { "Comment, and decide later" }
            form.stacked method="post" action={ "/r/" (token) "/comments" } {
                (select("field", "In which part?", "", "", &parts))
                (Field::text("quote", "Which words?").value(&form.quote).required().max(500).hint("Copied from “As it was written”.")
                    .error(problem_of(problems, "quote")).render())
                (Field::area("remark", "Comment", 3).value(&form.remark).required().max(1000)
                    .error(problem_of(problems, "remark")).render())
                (password_field("own_password", problems).render())
                button.quiet { "Comment" }
            }
        }
    }
}

/// `POST`: gives the verdict.
async fn judge(
    State(site): State<Site>,
    Path(token): Path<String>,
    OpenForm(form): OpenForm<Form>,
) -> Result<Response, WebError> {
    let word = Verdict::find(&form.verdict).map(|verdict| {
        let asks = Demand::find(&form.demand).map(|demand| (demand, form.words.clone()));
        Word::Verdict(verdict, form.note.clone(), asks)
    });
    let word = word.ok_or_else(|| problem("verdict", "choose what you say"));
    say(site, token, form, word).await
}

/// `POST`: makes a remark.
async fn remark(
    State(site): State<Site>,
    Path(token): Path<String>,
    OpenForm(form): OpenForm<Form>,
) -> Result<Response, WebError> {
    let word = Part::find(&form.field).map(|field| {
        Word::Comment(New {
            field,
            quote: form.quote.replace("\r\n", "\n"),
            near: 0,
            remark: form.remark.clone(),
        })
    });
    let word = word.ok_or_else(|| problem("field", "choose a part of the text"));
    say(site, token, form, word).await
}

fn problem(field: &str, problem: impl Into<String>) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        problem: problem.into(),
    }
}

/// Checks the password, then says it.
async fn say(
    site: Site,
    token: String,
    form: Form,
    word: Result<Word, FieldProblem>,
) -> Result<Response, WebError> {
    let Some(found) = load(&site, &token).await? else {
        return Ok(nothing());
    };
    let again = |found: &Found, problems: &[FieldProblem]| {
        let page = page(found, &token, &form, problems);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let word = match word {
        Ok(word) => word,
        Err(problem) => return again(&found, &[problem]),
    };
    if found.opened.must_wait() {
        let why = "there were too many tries: wait up to 15 minutes, or sign in";
        return again(&found, &[problem(form.typed().0, why)]);
    }
    let (opened, (_, typed)) = (found.opened.clone(), form.typed());
    let is_known = site.slowly(move || opened.check(&typed)).await?;
    let ctx = site.ctx(found.opened.actor(), None);
    let (keys, link) = (site.store().keys().clone(), found.opened.link);
    let capability = match &word {
        Word::Verdict(..) => Capability::ApproveContent,
        Word::Comment(_) => Capability::CommentContent,
    };
    let grant = ctx.actor.may(capability)?;
    if !is_known {
        site.store()
            .act(grant, &ctx, move |tx, ctx| {
                link::note_wrong_password(tx, ctx, &keys, &link)
            })
            .await?;
        let why = "this is not your password";
        return again(&found, &[problem(form.typed().0, why)]);
    }
    let (said, by) = (word.clone(), token.clone());
    let done = site
        .store()
        .act(grant, &ctx, move |tx, ctx| {
            link::say(tx, ctx, &keys, &by, &said)
        })
        .await;
    match done {
        Ok(()) => Ok(thanks(&found, &token, &word).into_response()),
        Err(ActError::NotFound(_)) => Ok(nothing()),
        Err(ActError::Invalid(problems)) => again(&found, &problems),
        Err(ActError::Refused { why, .. }) => again(&found, &[problem("verdict", why)]),
        Err(error) => Err(error.into()),
    }
}

fn thanks(found: &Found, token: &str, word: &Word) -> Markup {
    let (title, more) = match word {
        Word::Verdict(Verdict::Approve, ..) => ("You approved it", None),
        Word::Verdict(Verdict::Return, ..) => ("You returned it to the writer", None),
        Word::Comment(_) => ("Your comment is made", Some(format!("/r/{token}"))),
    };
    let body = html! {
        h1 { (found.opened.content) }
        (done(title, &html! {
            p { "Version " (found.opened.reviewed.version.number) ", as " (found.opened.link.role.label())
                ". It stands in the ledger with your name." }
        }))
        @if let Some(back) = more { p { a.button href=(back) { "Back to the text" } } }
        @else { p { "The link has done its work; you can close this page." } }
    };
    layout::alone(title, &body)
}
