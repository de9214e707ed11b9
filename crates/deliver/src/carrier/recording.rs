//! The carrier of the tests and the simulator: it keeps what it is given and answers as told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use placet_app::permit::Permit;
use placet_domain::delivery::{Answer, Outcome};
use placet_domain::time::Timestamp;

use super::{Carrier, Mail, Message, unusable};

type Reply = dyn Fn(u64, &Message) -> Answer + Send + Sync;

/// What all lines of one recording share.
#[derive(Clone)]
pub struct Recording {
    kept: Arc<Mutex<Vec<Message>>>,
    reply: Arc<Reply>,
}

impl Recording {
    /// A recording that takes everything.
    #[must_use]
    pub fn new() -> Self {
        Self::answering(|_, _| Answer::Accepted {
            code: 250,
            text: "taken".to_owned(),
        })
    }

    /// A recording that answers as `reply` says, by the number of the message (from zero).
    /// What is not `NotSent` or `Refused` is kept, as a relay keeps it.
    #[must_use]
    pub fn answering(reply: impl Fn(u64, &Message) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            kept: Arc::default(),
            reply: Arc::new(reply),
        }
    }

    /// The mails taken, in order.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        let kept = self.lock();
        let mails = kept.iter().filter_map(|one| match one {
            Message::Mail(mail) => Some(mail.as_ref().clone()),
            Message::Text(_) => None,
        });
        mails.collect()
    }

    /// How many were taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// One line into this recording.
    #[must_use]
    pub fn line(&self) -> RecordingCarrier {
        RecordingCarrier {
            recording: self.clone(),
            n: 0,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Message>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Recording {
    fn default() -> Self {
        Self::new()
    }
}

/// One line into a [`Recording`].
pub struct RecordingCarrier {
    recording: Recording,
    n: u64,
}

impl Carrier for RecordingCarrier {
    fn make_ready(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn send(&mut self, permit: Permit, message: &Message, now: Timestamp) -> Outcome {
        if let Err(why) = permit.spend(message.what(), now) {
            return unusable(why);
        }
        let answer = (self.recording.reply)(self.n, message);
        self.n += 1;
        if matches!(answer, Answer::Accepted { .. } | Answer::Unknown { .. }) {
            self.recording.lock().push(message.clone());
        }
        Outcome {
            answer,
            dialogue: String::new(),
        }
    }

    fn rest(&mut self) {}
}
