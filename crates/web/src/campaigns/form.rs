//! What is decided about a campaign before it is launched.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::approval::{self, Reviewed};
use placet_app::{ActError, FieldProblem, campaign, settings};
use placet_domain::audience::Audience;
use placet_domain::campaign::plan::Plan;
use placet_domain::campaign::{Amount, Brief, Pay, Payer, Remuneration};
use placet_domain::channel::Channel;
use placet_domain::content::ContentClass;
use placet_domain::id::{AudienceId, CampaignId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::time::Timestamp;
use placet_domain::words::words;
use placet_store::contents::{self, Listed};
use placet_store::{Tx, audiences, campaigns};
use serde::{Deserialize, Serialize};

use super::plan::Fields;
use crate::account::problems;
use crate::components::field::{Choice, Field, hidden, select};
use crate::components::notice::{info, refusal, unusable};
use crate::components::{button_link, crumbs, header};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::seen;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize, Serialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    audience: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    pay: String,
    #[serde(default)]
    payer: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    sender_name: String,
    #[serde(default)]
    sender: String,
    #[serde(flatten)]
    plan: Fields,
    /// The campaign on which the form was opened.
    #[serde(default, skip_serializing)]
    seen: String,
}

impl Form {
    fn of(brief: &Brief) -> Self {
        let pay = brief.remuneration;
        Self {
            name: brief.name.clone(),
            version: brief.version.to_string(),
            audience: brief.audience.to_string(),
            purpose: brief.purpose.clone(),
            pay: pay.kind.as_str().to_owned(),
            payer: pay.payer.map(Payer::as_str).unwrap_or_default().to_owned(),
            amount: pay
                .amount_vs_cost
                .map(Amount::as_str)
                .unwrap_or_default()
                .to_owned(),
            sender_name: brief.sender_name.clone(),
            sender: brief.sender.clone(),
            plan: Fields::default(),
            seen: String::new(),
        }
    }

    /// A campaign as the form shows it.
    fn read(tx: &mut Tx, id: CampaignId) -> Result<Self, ActError> {
        let found = campaigns::find(tx, id)?.ok_or(ActError::NotFound("campaign"))?;
        let mut form = Self::of(&found.brief);
        form.plan = Fields::of(&campaign::plan_of(tx, id)?, &settings::load(tx)?);
        form.seen = seen::tag(&form);
        Ok(form)
    }

    fn brief(&self) -> Result<Brief, ActError> {
        let version: VersionId = self
            .version
            .parse()
            .map_err(|_| ActError::invalid("version", "choose a version"))?;
        let audience: AudienceId = self
            .audience
            .parse()
            .map_err(|_| ActError::invalid("audience", "choose an audience"))?;
        // What nobody stated is not "nothing is paid".
        let kind = Pay::find(&self.pay)
            .ok_or_else(|| ActError::invalid("pay", "say whether anybody pays for it"))?;
        Ok(Brief {
            name: self.name.trim().to_owned(),
            version,
            audience,
            purpose: self.purpose.clone(),
            remuneration: Remuneration {
                kind,
                payer: Payer::find(&self.payer),
                amount_vs_cost: Amount::find(&self.amount),
            },
            sender_name: self.sender_name.trim().to_owned(),
            sender: self.sender.trim().to_owned(),
        })
    }
}

/// What the form offers.
struct Offer {
    versions: Vec<(Listed, Reviewed)>,
    audiences: Vec<Audience>,
    organization: String,
}

fn offer(tx: &mut Tx, now: Timestamp) -> Result<Offer, ActError> {
    let mut versions = Vec::new();
    let bench = approval::Bench::read(tx, now)?;
    for one in contents::list_submitted(tx, 100)? {
        let reviewed = approval::of_with(tx, &bench, one.latest.clone())?;
        versions.push((one, reviewed));
    }
    let organization = settings::load(tx)?.organization;
    Ok(Offer {
        versions,
        audiences: audiences::list(tx, crate::audiences::MOST)?,
        organization: organization.map(|one| one.name).unwrap_or_default(),
    })
}

/// `GET`: the empty form; `?audience=…` and `?version=…` choose.
pub async fn new(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let given = |name| query.get(name).unwrap_or_default().to_owned();
    let form = Form {
        audience: given("audience"),
        version: given("version"),
        ..Form::default()
    };
    page(&site, &viewer, None, form, &[]).await
}

/// `POST`: plans a campaign.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let brief = match form.brief() {
        Ok(brief) => brief,
        Err(error) => return again(&site, &viewer, None, form, error).await,
    };
    let fields = form.plan.clone();
    let created = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let plan = fields.plan(&settings::load(tx)?)?;
            let made = campaign::create(tx, ctx, &brief)?;
            if plan != Plan::default() {
                campaign::plan(tx, ctx, made.id, &plan)?;
            }
            Ok::<_, ActError>(made)
        })
        .await;
    match created {
        Ok(made) => Ok(Redirect::to(&format!("/campaigns/{}", made.id)).into_response()),
        Err(error) => again(&site, &viewer, None, form, error).await,
    }
}

/// `GET`: the form with a campaign in it.
pub async fn edit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
) -> Result<Markup, WebError> {
    let form = site.store().read(move |tx| Form::read(tx, id)).await?;
    page(&site, &viewer, Some(id), form, &[]).await
}

/// `POST`: changes a campaign that is not launched.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(mut form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let brief = match form.brief() {
        Ok(brief) => brief,
        Err(error) => return again(&site, &viewer, Some(id), form, error).await,
    };
    let (fields, opened) = (form.plan.clone(), form.seen.clone());
    let changed = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let plan = fields.plan(&settings::load(tx)?)?;
            seen::check(&opened, &Form::read(tx, id)?)?;
            campaign::change(tx, ctx, id, &brief)?;
            if plan != campaign::plan_of(tx, id)? {
                campaign::plan(tx, ctx, id, &plan)?;
            }
            Ok::<_, ActError>(())
        })
        .await;
    match changed {
        Ok(()) => Ok(Redirect::to(&format!("/campaigns/{id}")).into_response()),
        Err(error) => {
            if seen::is_stale(&error) {
                let now = site.store().read(move |tx| Form::read(tx, id)).await?;
                form.seen = now.seen;
            }
            again(&site, &viewer, Some(id), form, error).await
        }
    }
}

async fn again(
    site: &Site,
    viewer: &Viewer,
    id: Option<CampaignId>,
    form: Form,
    error: ActError,
) -> Result<Response, WebError> {
    let page = page(site, viewer, id, form, &problems(error)?).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    id: Option<CampaignId>,
    mut form: Form,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let now = site.now();
    let offer = site.store().read(move |tx| offer(tx, now)).await?;
    if form.sender_name.is_empty() {
        form.sender_name.clone_from(&offer.organization);
    }
    let (title, action) = match id {
        None => ("Plan a campaign", "/campaigns".to_owned()),
        Some(id) => ("Change the campaign", format!("/campaigns/{id}/edit")),
    };
    let whys = unusable(found);
    Ok(layout::page(
        viewer,
        Place::Campaigns,
        title,
        &html! {
            (crumbs(&[("Campaigns", "/campaigns")], title))
            (header(title, "Nothing is sent yet: the next page shows who would get it.", &html! {}))
            @if !whys.is_empty() { (refusal("Not saved", &whys, "change what is named above")) }
            @if offer.versions.is_empty() || offer.audiences.is_empty() {
                (lacking(viewer, &offer))
            } @else {
                form.stacked method="post" action=(action) {
                    (viewer.csrf.field())
                    @if id.is_some() { (hidden(seen::FIELD, &form.seen)) }
                    (fields(&form, &offer, found))
                    button { "Save" }
                }
            }
        },
    ))
}

fn lacking(viewer: &Viewer, offer: &Offer) -> Markup {
    info(
        "Something is needed first",
        &html! {
            @if offer.versions.is_empty() { p { "No content has been submitted yet." } }
            @if offer.audiences.is_empty() { p { "There is no audience yet." } }
            div.row {
                @if offer.versions.is_empty() && viewer.can(Capability::WriteContent) {
                    (button_link("/content/new", "Write content"))
                }
                @if offer.audiences.is_empty() && viewer.can(Capability::EditAudiences) {
                    (button_link("/audiences/new", "New audience"))
                }
            }
        },
    )
}

fn fields(form: &Form, offer: &Offer, found: &[FieldProblem]) -> Markup {
    let versions: Vec<Choice> = offer
        .versions
        .iter()
        .map(|(one, reviewed)| {
            let id = one.latest.id.to_string();
            let label = format!(
                "{}, version {} ({}): {}",
                one.name,
                one.latest.number,
                one.latest.draft.channel.label().to_lowercase(),
                reviewed.standing.label()
            );
            let is_chosen = id == form.version;
            Choice::new(id, label, is_chosen)
        })
        .collect();
    let audiences: Vec<Choice> = offer
        .audiences
        .iter()
        .map(|one| {
            let id = one.id.to_string();
            let is_chosen = id == form.audience;
            Choice::new(id, &one.name, is_chosen)
        })
        .collect();
    html! {
        (Field::text("name", "Name").value(&form.name).required().max(120)
            .hint("Ours; no reader sees it.").error(problem_of(found, "name")).render())
        (select("version", "Content", "It must be approved before the launch.", problem_of(found, "version"), &versions))
        (select("audience", "Audience", "", problem_of(found, "audience"), &audiences))
        (select("purpose", "Purpose", "It must fit the class of the content.",
            problem_of(found, "purpose"), &purposes(form, offer)))
        (paid(form, found))
        (sender(form, offer, found))
        (form.plan.render(found))
    }
}

/// Who a mail comes from; a text message comes from the provider's number, a letter from the return
/// address.
fn sender(form: &Form, offer: &Offer, found: &[FieldProblem]) -> Markup {
    let channel = |one: &Listed| one.latest.draft.channel;
    let chosen = offer
        .versions
        .iter()
        .find(|(one, _)| one.latest.id.to_string() == form.version);
    let are_all = |wanted| offer.versions.iter().all(|(one, _)| channel(one) == wanted);
    if chosen.is_some_and(|(one, _)| channel(one) == Channel::Sms) || are_all(Channel::Sms) {
        return html! {
            p.soft { "A text message comes from the number that is set under Settings, Text messages." }
        };
    }
    if chosen.is_some_and(|(one, _)| channel(one) == Channel::VoiceLive)
        || are_all(Channel::VoiceLive)
    {
        return html! {
            p.soft { "A call says the number that is set under Settings, Calls." }
        };
    }
    if chosen.is_some_and(|(one, _)| channel(one) == Channel::Postal) || are_all(Channel::Postal) {
        return html! {
            p.soft { "A letter or card has the return address that is set under Settings, Letters and cards." }
        };
    }
    let mut name = Field::text("sender_name", "Sender's name")
        .value(&form.sender_name)
        .max(120);
    let mut address = Field::email("sender", "Sender's address")
        .value(&form.sender)
        .max(254);
    if are_all(Channel::Email) {
        (name, address) = (
            name.required(),
            address.required().hint("An address of your own domain."),
        );
    } else {
        name = name.hint("For e-mail only.");
        address = address.hint("For e-mail only: an address of your own domain.");
    }
    html! {
        (name.error(problem_of(found, "sender_name")).render())
        (address.error(problem_of(found, "sender")).render())
    }
}

/// The purposes of the classes on offer, each once.
fn purposes(form: &Form, offer: &Offer) -> Vec<Choice> {
    let mut classes: Vec<ContentClass> = offer
        .versions
        .iter()
        .map(|(one, _)| one.latest.draft.class)
        .collect();
    classes.sort_unstable();
    classes.dedup();
    let mut seen: Vec<&str> = Vec::new();
    for purpose in classes.iter().flat_map(|class| class.purposes()) {
        if !seen.contains(purpose) {
            seen.push(purpose);
        }
    }
    seen.iter()
        .map(|code| Choice::new(*code, words(code), *code == form.purpose))
        .collect()
}

fn paid(form: &Form, found: &[FieldProblem]) -> Markup {
    let one = |code: &str, label: &str, chosen: &str| Choice::new(code, label, code == chosen);
    let kinds: Vec<Choice> = [one("", "Not stated yet", &form.pay)]
        .into_iter()
        .chain(
            Pay::ALL
                .iter()
                .map(|pay| one(pay.as_str(), pay.label(), &form.pay)),
        )
        .collect();
    let payers: Vec<Choice> = [one("", "Nobody", &form.payer)]
        .into_iter()
        .chain(
            Payer::ALL
                .iter()
                .map(|payer| one(payer.as_str(), payer.label(), &form.payer)),
        )
        .collect();
    let amounts: Vec<Choice> = [one("", "Nothing", &form.amount)]
        .into_iter()
        .chain(
            Amount::ALL
                .iter()
                .map(|amount| one(amount.as_str(), amount.label(), &form.amount)),
        )
        .collect();
    html! {
        (select("pay", "Does anybody pay for sending it?", "Payment by the maker of a product turns a message \
            into marketing.", problem_of(found, "pay"), &kinds))
        (select("payer", "Who pays?", "", problem_of(found, "payer"), &payers))
        (select("amount", "How much?", "", problem_of(found, "amount_vs_cost"), &amounts))
    }
}
