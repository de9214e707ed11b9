//! Ten million people from arithmetic that SQL can repeat (`bench/peers/waterfall.py`), so that
//! two programs are asked about the same people without a file between them.

use jiff::civil::{Date, date};
use placet_policy::columnar::{Form, Group, Population, Record, Row};
use placet_policy::{Frequency, Person};

/// Mixes a person's number and the number of a fact into 32 bits.
#[must_use]
pub fn mix(n: u64, fact: u64) -> u64 {
    const LOW: u64 = 0xffff_ffff;
    let x = ((n + 1) * 0x9e37_79b1 + fact * 0x85eb_ca77) & LOW;
    let x = ((x ^ (x >> 15)) * 0xc2b2_ae3d) & LOW;
    let x = ((x ^ (x >> 13)) * 0x27d4_eb2f) & LOW;
    x ^ (x >> 16)
}

/// A number below a thousand.
fn mille(n: u64, fact: u64) -> u64 {
    mix(n, fact) % 1_000
}

/// The states that people live in, evenly.
pub const STATES: [&str; 20] = [
    "US-OH", "US-NY", "US-WA", "US-CA", "US-KS", "US-TX", "US-FL", "US-IL", "US-PA", "US-GA",
    "US-NC", "US-MI", "US-NJ", "US-VA", "US-AZ", "US-MA", "US-TN", "US-IN", "US-MO", "US-MD",
];

/// The facts of one person, as arithmetic gives them.
#[derive(Debug, Clone, Copy)]
pub struct Facts(pub u64);

impl Facts {
    /// What they are to the organization.
    #[must_use]
    pub fn relationship(self) -> &'static str {
        match mille(self.0, 1) {
            0..540 => "patient",
            540..720 => "former_patient",
            720..830 => "prospect",
            830..900 => "enrollee",
            900..950 => "donor",
            950..985 => "minor_patient",
            _ => "deceased",
        }
    }

    /// Where they live.
    #[must_use]
    pub fn residence(self) -> &'static str {
        let index = usize::try_from(mix(self.0, 2) % 20).unwrap_or(0);
        STATES.get(index).copied().unwrap_or("US-OH")
    }

    /// The day they were born.
    #[must_use]
    pub fn born(self) -> Date {
        days(date(1930, 1, 1), mix(self.0, 3) % 32_000)
    }

    /// Their clock's offset from UTC; a few have none.
    #[must_use]
    pub fn offset(self) -> &'static str {
        match mille(self.0, 4) {
            0..450 => "-18000",
            450..750 => "-21600",
            750..820 => "-25200",
            820..985 => "-28800",
            _ => "",
        }
    }

    /// Whether their record is under 42 CFR Part 2.
    #[must_use]
    pub fn is_part2(self) -> bool {
        mille(self.0, 5) < 10
    }

    /// The status and the last day of their authorization; none for most.
    #[must_use]
    pub fn authorization(self) -> Option<(&'static str, Date)> {
        if mille(self.0, 6) >= 300 {
            return None;
        }
        let status = match mille(self.0, 7) {
            0..40 => "revoked",
            40..80 => "defective",
            _ => "valid",
        };
        Some((status, days(date(2025, 1, 1), mix(self.0, 8) % 2_500)))
    }

    /// Whether they asked for e-mail.
    #[must_use]
    pub fn has_opted_in(self) -> bool {
        mille(self.0, 9) < 350
    }

    /// Whether they hold a written authorization of Florida.
    #[must_use]
    pub fn has_florida_paper(self) -> bool {
        self.residence() == "US-FL" && mille(self.0, 10) < 400
    }

    /// What they asked us not to do.
    #[must_use]
    pub fn refusal(self) -> Option<&'static str> {
        match mille(self.0, 11) {
            0..60 => Some("unsubscribe"),
            60..90 => Some("declined"),
            90..105 => Some("hipaa_revocation"),
            105..120 => Some("suppression"),
            _ => None,
        }
    }

    /// Messages in the last 24 hours and in the last seven days.
    #[must_use]
    pub fn sent(self) -> (u32, u32) {
        let week = match mille(self.0, 12) {
            0..700 => 0,
            700..900 => 1,
            900..970 => 2,
            _ => 3,
        };
        (u32::from(week > 0 && mille(self.0, 13) < 200), week)
    }

    /// All of it as a row of the index.
    #[must_use]
    pub fn row(self) -> Row {
        let residence = self.residence();
        let mut records = Vec::new();
        if let Some((status, ends)) = self.authorization() {
            let mut form = Form::new(Group::Instrument, "hipaa_authorization");
            status.clone_into(&mut form.status);
            if status == "defective" {
                form.defects = vec!["no_signature".to_owned()];
            }
            (form.ends, form.dated) = (true, true);
            form.states_remuneration = Some(true);
            records.push(Record {
                form,
                ends: Some(ends),
                dated: Some(date(2024, 6, 1)),
            });
        }
        let mut simple = |is: bool, group, kind: &str| {
            if is {
                let mut form = Form::new(group, kind);
                match group {
                    Group::Instrument => "valid".clone_into(&mut form.status),
                    Group::Preference => {
                        form.scope = Some("marketing".to_owned());
                        form.channel = Some("email".to_owned());
                    }
                }
                records.push(Record {
                    form,
                    ends: None,
                    dated: None,
                });
            }
        };
        simple(self.has_opted_in(), Group::Instrument, "email_optin");
        simple(
            self.has_florida_paper(),
            Group::Instrument,
            "fl_written_authorization",
        );
        if let Some(kind) = self.refusal() {
            simple(true, Group::Preference, kind);
        }
        let (last_24h, last_7d) = self.sent();
        Row {
            key: (u128::from(self.0) << 64 | u128::from(mix(self.0, 14))).to_be_bytes(),
            person: Person {
                relationship: Some(self.relationship().to_owned()),
                residence: Some(residence.to_owned()),
                flags: if self.is_part2() {
                    vec!["part2".to_owned()]
                } else {
                    Vec::new()
                },
                jurisdiction: vec!["US".to_owned(), residence.to_owned()],
                frequency: Frequency {
                    last_24h: Some(last_24h),
                    last_7d: Some(last_7d),
                },
                ..Person::default()
            },
            born: Some(self.born()),
            zone: self.offset().to_owned(),
            records,
            marks: Vec::new(),
        }
    }
}

fn days(from: Date, n: u64) -> Date {
    let n = i64::try_from(n).unwrap_or(0);
    from.saturating_add(jiff::Span::new().days(n))
}

/// So many people as columns.
#[must_use]
pub fn population(n: u64) -> Population {
    let mut population = Population::new(&[]);
    for person in 0..n {
        population.put(&Facts(person).row());
    }
    population
}
