//! The values that fill a message for one person.

use placet_domain::id::{AppointmentId, DeliveryId, PersonId};
use placet_domain::person::Identity;
use placet_domain::settings::Settings;
use placet_domain::template::{Rendered, Variables, variable};
use placet_domain::time::TimeZone;
use placet_store::{Keys, Tx, people};

use crate::gate::Held;
use crate::patient::link::{Link, Purpose};
use crate::{ActError, Ctx};

/// Where values come from, beside the person.
pub(crate) struct Fill<'a> {
    pub(crate) settings: &'a Settings,
    /// What signs links.
    pub(crate) keys: &'a Keys,
    pub(crate) public_url: &'a str,
    /// The appointment that the message is about; none means the person's next one.
    pub(crate) about: Option<AppointmentId>,
}

impl Fill<'_> {
    /// The values of a version's variables for this person; one without a value is left out.
    pub(crate) fn variables(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        delivery: DeliveryId,
        held: &Held,
        rendered: &Rendered,
    ) -> Result<Variables, ActError> {
        let mut variables = Variables::new();
        for name in &rendered.names() {
            if let Some(value) = self.value(tx, ctx, delivery, held, name)? {
                variables.set((*name).to_owned(), value);
            }
        }
        Ok(variables)
    }

    /// The value of one variable for this person; none when there is none.
    fn value(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        delivery: DeliveryId,
        held: &Held,
        name: &str,
    ) -> Result<Option<String>, ActError> {
        let organization = self.settings.organization.as_ref();
        let link = |purpose| Some(self.link(ctx, held.person.id, delivery, purpose));
        Ok(match name {
            variable::PREFERENCES_URL => link(Purpose::Preferences),
            variable::UNSUBSCRIBE_URL => link(Purpose::Unsubscribe),
            variable::ORGANIZATION_NAME => organization.map(|it| it.name.clone()),
            variable::ORGANIZATION_ADDRESS => organization.map(|it| it.postal_address.clone()),
            variable::CALLS_PHONE => self.settings.calls.as_ref().map(|it| it.phone.clone()),
            "appointment_date" | "appointment_time" | "appointment_place" => {
                appointment(tx, ctx, held, (self.settings, self.about), name)?
            }
            _ => of_identity(&held.person.identity, name),
        })
    }

    /// A signed link of this person and delivery.
    pub(crate) fn link(
        &self,
        ctx: &Ctx,
        person: PersonId,
        delivery: DeliveryId,
        purpose: Purpose,
    ) -> String {
        let link = Link::new(person, purpose, ctx.now, delivery);
        format!("{}{}", self.public_url, link.path(self.keys))
    }
}

fn of_identity(identity: &Identity, name: &str) -> Option<String> {
    match name {
        "first_name" => Some(identity.given.clone()),
        "last_name" => Some(identity.family.clone()),
        "full_name" => Some(identity.name()),
        code => identity.elements.get(code).cloned(),
    }
}

/// Day, hour or place of an appointment, where the person lives: the one that the message is about, else
/// their next one.
fn appointment(
    tx: &mut Tx,
    ctx: &Ctx,
    held: &Held,
    (settings, about): (&Settings, Option<AppointmentId>),
    name: &str,
) -> Result<Option<String>, ActError> {
    let found = match about {
        Some(id) => people::find_appointment(tx, id)?,
        None => people::list_appointments(tx, held.person.id, ctx.now)?
            .into_iter()
            .find(|one| one.status != "cancelled"),
    };
    let Some(found) = found else {
        return Ok(None);
    };
    let form = match name {
        "appointment_date" => "%B %-d",
        "appointment_time" => "%-I:%M %p",
        place => return Ok(found.details.get(place).cloned()),
    };
    let theirs = held.person.time_zone.as_deref();
    let ours = settings
        .organization
        .as_ref()
        .map(|it| it.time_zone.as_str());
    let zone = theirs.or(ours).and_then(|name| TimeZone::get(name).ok());
    Ok(zone.map(|zone| found.starts_at.to_zoned(zone).strftime(form).to_string()))
}
