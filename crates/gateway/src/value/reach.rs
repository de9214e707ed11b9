//! Contact points: checked, brought into one form, each only once.

use placet_domain::address::canonical;
use placet_domain::arrival::Reach;
use placet_domain::channel::Channel;
use placet_domain::person::Origin;

use super::text::text;
use crate::fault::{Fault, Kind};

/// Nobody has more; a sender that says so is broken.
const MOST: usize = 10;

/// The contact points of one person, while they are gathered.
pub(crate) struct Gather {
    origin: Origin,
    reach: Vec<Reach>,
    /// Forms already taken.
    taken: Vec<(Channel, String)>,
    set_aside: Vec<Fault>,
}

impl Gather {
    pub(crate) fn new(origin: Origin) -> Self {
        Self {
            origin,
            reach: Vec::new(),
            taken: Vec::new(),
            set_aside: Vec::new(),
        }
    }

    /// Takes one address. A line break or control character refuses the whole record; an address
    /// that cannot be used is left out and said so.
    pub(crate) fn take(
        &mut self,
        path: &str,
        channel: Channel,
        written: &str,
    ) -> Result<(), Fault> {
        let address = text(path, written)?;
        if address.is_empty() {
            return Ok(());
        }
        let Ok(form) = canonical(channel, &address) else {
            let kind = if channel == Channel::Email {
                Kind::BadEmail
            } else {
                Kind::BadPhone
            };
            self.set_aside.push(Fault::at(kind, path));
            return Ok(());
        };
        let key = (channel, form);
        if self.taken.contains(&key) {
            return Ok(());
        }
        if self.reach.len() == MOST {
            self.set_aside.push(Fault::at(Kind::TooMany, path));
            return Ok(());
        }
        // A number is written in its one form; of an address, the domain has no case.
        let address = match channel {
            Channel::Sms | Channel::VoiceLive => key.1.clone(),
            Channel::Email => lower_domain(&address),
            Channel::Postal => address,
        };
        self.reach.push(Reach {
            channel,
            address,
            origin: self.origin,
        });
        self.taken.push(key);
        Ok(())
    }

    /// A number, by what it can be used for.
    pub(crate) fn take_number(
        &mut self,
        path: &str,
        written: &str,
        is_mobile: bool,
    ) -> Result<(), Fault> {
        self.take(path, Channel::VoiceLive, written)?;
        if is_mobile
            && !matches!(self.set_aside.last(), Some(fault) if fault.kind == Kind::BadPhone)
        {
            self.take(path, Channel::Sms, written)?;
        }
        Ok(())
    }

    pub(crate) fn into_parts(self) -> (Vec<Reach>, Vec<Fault>) {
        (self.reach, self.set_aside)
    }
}

fn lower_domain(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => address.to_owned(),
    }
}

/// A postal address on one line; nothing without a street.
pub(crate) fn postal_line(
    street: &str,
    city: &str,
    state: &str,
    postal_code: &str,
) -> Option<String> {
    if street.is_empty() {
        return None;
    }
    let last = format!("{state} {postal_code}");
    let parts = [street, city, last.trim()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Some(parts.join(", "))
}
