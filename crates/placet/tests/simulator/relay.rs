//! The relay: takes, refuses, hangs up, and sometimes takes without saying so.

use placet_app::delivery::Claimed;
use placet_deliver::carrier::Mail;
use placet_domain::delivery::{Answer, Outcome, Stage};
use placet_domain::id::{DecisionId, DeliveryId};
use placet_domain::time::Timestamp;

use crate::chance::Chance;

/// One message that reached the relay.
#[derive(Debug, Clone, Copy)]
pub struct Handed {
    /// As which delivery.
    pub delivery: DeliveryId,
    /// On which decision.
    pub decision: DecisionId,
    /// Whether the relay took responsibility for it.
    pub is_taken: bool,
}

/// What all lines of a run lead to.
#[derive(Default)]
pub struct Relay {
    /// What reached it, in order.
    pub handed: Vec<Handed>,
    /// Whether it takes everything and says so.
    pub is_kind: bool,
}

impl Relay {
    /// Takes one message, or does not.
    pub fn hand(&mut self, chance: &mut Chance, claimed: Claimed, now: Timestamp) -> Outcome {
        let mail = Mail::of(&claimed).expect("every message can be written down");
        let delivery = claimed.ticket.delivery;
        let answer = match claimed.permit.spend(&mail.what, now) {
            Err(why) => Answer::NotSent {
                why: why.to_string(),
            },
            Ok(decision) => {
                let roll = if self.is_kind { 0 } else { chance.below(100) };
                let (answer, is_taken) = roll_answer(roll);
                if !matches!(answer, Answer::NotSent { .. }) {
                    self.handed.push(Handed {
                        delivery,
                        decision,
                        is_taken,
                    });
                }
                answer
            }
        };
        Outcome {
            answer,
            dialogue: String::new(),
        }
    }
}

fn roll_answer(roll: u64) -> (Answer, bool) {
    let text = || "words".to_owned();
    match roll {
        0..60 => (
            Answer::Accepted {
                code: 250,
                text: text(),
            },
            true,
        ),
        60..70 => (
            Answer::Refused {
                code: 451,
                text: text(),
                permanent: false,
            },
            false,
        ),
        70..75 => (
            Answer::Refused {
                code: 550,
                text: text(),
                permanent: true,
            },
            false,
        ),
        75..85 => (Answer::NotSent { why: text() }, false),
        85..89 => (
            Answer::Unknown {
                stage: Stage::Content,
            },
            false,
        ),
        // The relay took it, and the line broke before its answer was read.
        89..96 => (
            Answer::Unknown {
                stage: Stage::Answer,
            },
            true,
        ),
        _ => (
            Answer::Unknown {
                stage: Stage::Answer,
            },
            false,
        ),
    }
}
