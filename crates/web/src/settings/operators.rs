//! Who may sign in, with which roles.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::operator::{self, NewOperator, password};
use placet_app::staff_mail::address;
use placet_app::{ActError, FieldProblem};
use placet_domain::id::OperatorId;
use placet_domain::operator::{Capability, Role};
use placet_store::operators::{self, Operator};
use serde::Deserialize;

use super::frame;
use crate::account::{Read, mail, problems};
use crate::components::field::{Choice, Field, checks};
use crate::components::table::Table;
use crate::components::{Tone, button_link, definitions, pill, post_button, time};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

const MANAGE: Rule = Rule::Needs(Capability::ManageOperators);
const HERE: &str = "/settings/operators";

pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, MANAGE, list)
        .post(HERE, MANAGE, create)
        .get("/settings/operators/new", MANAGE, new)
        .get("/settings/operators/{id}", MANAGE, show)
        .post("/settings/operators/{id}/roles", MANAGE, set_roles)
        .post("/settings/operators/{id}/address", MANAGE, set_address)
        .post("/settings/operators/{id}/password", MANAGE, reset_password)
        .post("/settings/operators/{id}/disable", MANAGE, disable)
        .post("/settings/operators/{id}/enable", MANAGE, enable)
}

/// `GET`: every operator.
async fn list(State(site): State<Site>, viewer: Viewer, query: Query) -> Result<Markup, WebError> {
    let all = site.store().read(operator::list).await?;
    let rows = all.iter().map(|(operator, roles)| {
        html! {
            th scope="row" { a href={ (HERE) "/" (operator.id) } { (operator.login) } }
            td { (operator.name) }
            td { (role_words(roles)) }
            td { (standing(operator)) }
        }
    });
    let table = Table::new("Operators, by login")
        .column("Login")
        .column("Name")
        .column("Roles")
        .column("Standing")
        .rows(rows)
        .render(&query);
    let lead = "Who may sign in, and what their roles let them do.";
    Ok(frame(
        &viewer,
        HERE,
        "Operators",
        lead,
        &html! {
            p { (button_link("/settings/operators/new", "Add an operator")) }
            (table)
            (role_guide())
        },
    ))
}

fn role_words(roles: &BTreeSet<Role>) -> String {
    let words: Vec<&str> = roles.iter().map(|role| role.label()).collect();
    words.join(", ")
}

fn standing(operator: &Operator) -> Markup {
    match operator.disabled_at {
        None => pill(Tone::Good, "May sign in"),
        Some(_) => pill(Tone::Neutral, "Disabled"),
    }
}

fn role_guide() -> Markup {
    html! {
        details {
            summary { "What each role may do" }
            dl.facts {
                @for role in Role::ALL {
                    dt { (role.label()) }
                    dd {
                        @for (i, capability) in role.capabilities().iter().enumerate() {
                            @if i > 0 { ", " } (capability.label())
                        }
                    }
                }
            }
        }
    }
}

#[derive(Deserialize, Default)]
struct Form {
    #[serde(default)]
    login: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    password: String,
}

impl Form {
    fn roles(&self) -> BTreeSet<Role> {
        self.roles
            .iter()
            .filter_map(|code| Role::find(code))
            .collect()
    }
}

/// `GET`: the form for another operator.
async fn new(viewer: Viewer) -> Markup {
    new_page(&viewer, &Form::default(), &[])
}

fn new_page(viewer: &Viewer, form: &Form, problems: &[FieldProblem]) -> Markup {
    frame(
        viewer,
        HERE,
        "Add an operator",
        "Tell them the password in person; they change it under their account.",
        &html! {
            form.stacked method="post" action=(HERE) {
                (viewer.csrf.field())
                (Field::text("login", "Login").value(&form.login).required().max(64).autocomplete("off")
                    .error(problem_of(problems, "login")).render())
                (Field::text("name", "Name").value(&form.name).required().max(100).autocomplete("off")
                    .error(problem_of(problems, "name")).render())
                (role_checks(&form.roles(), problem_of(problems, "roles")))
                (Field::password("password", "First password").required().autocomplete("new-password")
                    .hint("At least 12 characters.").error(problem_of(problems, "password")).render())
                button { "Add operator" }
            }
            (role_guide())
        },
    )
}

fn role_checks(held: &BTreeSet<Role>, error: &str) -> Markup {
    let choices =
        Role::ALL.map(|role| Choice::new(role.as_str(), role.label(), held.contains(&role)));
    checks(
        "roles",
        "Roles",
        "What they are here for; no more than needed.",
        error,
        &choices,
    )
}

/// `POST`: adds an operator.
async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    match add(&site, &viewer, &form).await {
        Ok(id) => Ok(Redirect::to(&format!("{HERE}/{id}")).into_response()),
        Err(error) => {
            let page = new_page(&viewer, &form, &problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn add(site: &Site, viewer: &Viewer, form: &Form) -> Result<OperatorId, ActError> {
    let grant = viewer.ctx.actor.may(Capability::ManageOperators)?;
    let password_hash = hashed(site, &form.password, &form.login).await?;
    let new = NewOperator {
        login: form.login.clone(),
        name: form.name.clone(),
        roles: form.roles(),
        password_hash,
    };
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::add(tx, ctx, &new)
        })
        .await
}

/// The hash of a new password, once it is found good.
async fn hashed(site: &Site, password: &str, login: &str) -> Result<String, ActError> {
    if let Some(fault) = password::fault(password, &operator::normal_login(login)) {
        return Err(ActError::invalid("password", fault));
    }
    let (password, salt) = (password.to_owned(), site.entropy());
    let hash = site.slowly(move || password::hash(&password, salt)).await;
    hash.ok().and_then(Result::ok).ok_or_else(|| {
        ActError::refused(
            "busy",
            "too many passwords are being set; try again in a moment",
        )
    })
}

/// `GET`: one operator.
async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
) -> Result<Markup, WebError> {
    page(&site, &viewer, id, &[]).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    id: OperatorId,
    problems: &[FieldProblem],
) -> Result<Markup, WebError> {
    let read = move |tx: &mut placet_store::Tx| -> Read<_> {
        Ok((
            operators::find(tx, id)?,
            operators::roles(tx, id)?,
            address::find(tx, id)?,
        ))
    };
    let (operator, roles, mailbox) = site.store().read(read).await?;
    let operator = operator.ok_or(WebError::NotFound)?;
    let at = |verb: &str| format!("{HERE}/{id}/{verb}");
    Ok(frame(
        viewer,
        HERE,
        &operator.name,
        "An operator of this installation.",
        &html! {
            (definitions(&[
                ("Login", html! { (operator.login) }),
                ("Standing", standing(&operator)),
                ("Added", time(operator.created_at)),
                ("E-mail", mail::standing(&mailbox)),
                ("Told", html! { (mailbox.pace.label()) }),
            ]))
            h2 { "Roles" }
            form.stacked method="post" action=(at("roles")) {
                (viewer.csrf.field())
                (role_checks(&roles, problem_of(problems, "roles")))
                button { "Save roles" }
            }
            h2 { "E-mail" }
            p { "They confirm it by a link that is sent there; until then nothing else goes to it." }
            form.stacked method="post" action=(at("address")) {
                (viewer.csrf.field())
                (Field::email("email", "E-mail address").value(mailbox.address.as_deref().unwrap_or_default())
                    .max(254).autocomplete("off").hint("Leave it empty to take the address away.")
                    .error(problem_of(problems, "email")).render())
                button.quiet { "Save address" }
            }
            h2 { "Set a new password" }
            p { "Their sessions end at once." }
            form.stacked method="post" action=(at("password")) {
                (viewer.csrf.field())
                (Field::password("password", "New password").required().autocomplete("new-password")
                    .hint("At least 12 characters.").error(problem_of(problems, "password")).render())
                button.quiet { "Set password" }
            }
            @if operator.disabled_at.is_none() {
                h2 { "Disable" }
                p { "Sessions end and tokens stop working at once. What they did stays in the ledger." }
                (post_button(&viewer.csrf, &at("disable"), "Disable operator", "danger"))
            } @else {
                h2 { "Let in again" }
                (post_button(&viewer.csrf, &at("enable"), "Let sign in again", "quiet"))
            }
        },
    ))
}

/// `POST`: gives exactly these roles.
async fn set_roles(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ManageOperators)?;
    let roles = form.roles();
    let set = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::set_roles(tx, ctx, id, &roles)
        })
        .await;
    done_or_again(&site, &viewer, id, set).await
}

#[derive(Deserialize)]
struct AddressForm {
    #[serde(default)]
    email: String,
}

/// `POST`: gives an operator another address.
async fn set_address(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Protected(form): Protected<AddressForm>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ManageOperators)?;
    let set = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            address::set(tx, ctx, id, Some(&form.email))
        })
        .await;
    done_or_again(&site, &viewer, id, set).await
}

/// `POST`: sets a new password.
async fn reset_password(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ManageOperators)?;
    let set = match hashed(&site, &form.password, "").await {
        Err(error) => Err(error),
        Ok(hash) => {
            let reset = move |tx: &mut placet_store::Tx, ctx: &placet_app::Ctx| {
                operator::reset_password(tx, ctx, id, &hash)
            };
            site.store().act(grant, &viewer.ctx, reset).await
        }
    };
    done_or_again(&site, &viewer, id, set).await
}

async fn done_or_again(
    site: &Site,
    viewer: &Viewer,
    id: OperatorId,
    done: Result<(), ActError>,
) -> Result<Response, WebError> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("{HERE}/{id}")).into_response()),
        Err(error) => {
            let page = page(site, viewer, id, &problems(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `POST`: disables an operator.
async fn disable(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ManageOperators)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::disable(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to(&format!("{HERE}/{id}")))
}

/// `POST`: lets an operator sign in again.
async fn enable(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<OperatorId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ManageOperators)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::enable(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to(&format!("{HERE}/{id}")))
}
