//! One line: a thread with a carrier, which writes a message down and hands it over.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use placet_app::delivery::{Claimed, Settled};
use placet_domain::ctx::Ctx;
use placet_domain::delivery::Outcome;

use super::Config;
use super::core::Event;
use crate::carrier::{Carrier, Message, unfit};

/// What a line is told to do.
pub(super) enum Job {
    /// Bring the line up.
    Open,
    /// Hand this over.
    Send(Box<Claimed>),
    /// Take the line down.
    Rest,
}

/// A line; dropping it ends its thread after the message under way.
pub(super) struct Line {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    pub(super) fn start(
        number: usize,
        config: &Config,
        events: &Sender<Event>,
    ) -> io::Result<Self> {
        let (jobs, asked) = channel();
        let mut carrier = (config.carrier)();
        let ctx = Arc::clone(&config.ctx);
        let events = events.clone();
        let thread = thread::Builder::new()
            .name(format!("{} line {number}", config.channel.as_str()))
            .spawn(move || {
                while let Ok(job) = asked.recv() {
                    let event = match job {
                        Job::Open => match carrier.make_ready() {
                            Ok(()) => Event::Up(number),
                            Err(why) => Event::Down { line: number, why },
                        },
                        Job::Send(claimed) => send(number, carrier.as_mut(), &*ctx, *claimed),
                        Job::Rest => {
                            carrier.rest();
                            continue;
                        }
                    };
                    if events.send(event).is_err() {
                        return;
                    }
                }
                carrier.rest();
            })?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    pub(super) fn tell(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn send(
    line: usize,
    carrier: &mut dyn Carrier,
    ctx: &(dyn Fn() -> Ctx + Send + Sync),
    claimed: Claimed,
) -> Event {
    let outcome: Outcome = match Message::of(&claimed) {
        Ok(message) => carrier.send(claimed.permit, &message, ctx().now),
        Err(why) => unfit(&why),
    };
    let settled = Settled {
        ticket: claimed.ticket,
        outcome,
    };
    Event::Done {
        line,
        settled: Box::new(settled),
        is_up: carrier.is_ready(),
    }
}
