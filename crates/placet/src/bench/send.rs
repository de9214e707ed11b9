//! Mails a second end to end: claimed and decided in the outbox, rendered, sent by SMTP to a local
//! sink, answered, with decision, receipt and ledger on, durable.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use placet_app::gate::Gate;
use placet_app::{audience, campaign, settings};
use placet_deliver::catcher::{Catcher, Config as Catching};
use placet_domain::campaign::plan::Plan;
use placet_domain::campaign::{Brief, Remuneration};
use placet_domain::operator::{Actor, Capability};
use placet_policy::Engine;
use placet_store::Store;

use super::{Figure, Scratch, cpu};
use crate::config::Config;
use crate::demo::{self, Seeds, contents, people, staff};
use crate::{clock, sending};

/// The thread that writes on SQLite.
const WRITER: &str = "placet-writer";
/// What the sink bears easily: the more lines, the more mails share an act and its commit.
const CONNECTIONS: usize = 128;
/// Longer than any machine should need; the bench fails rather than hang.
const AT_MOST: Duration = Duration::from_secs(300);

/// A whole campaign to everybody of `n_people` who may be written to, once a run.
///
/// # Errors
///
/// When an act fails or not every mail arrives.
pub fn run(runs: usize, n_people: usize) -> Result<Vec<Figure>> {
    let (mut values, mut process, mut writer) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let scratch = Scratch::new("send")?;
        let store = scratch.store()?;
        let engine = Engine::builtin();
        // A sink that counts and keeps nothing.
        let sink = Catcher::start(Catching {
            keep_bytes: 0,
            ..Catching::default()
        })?;
        let n = launch(&store, &engine, n_people, sink.address().port())?;
        let mut config = Config::starter(([127, 0, 0, 1], 8080).into());
        config.connections = CONNECTIONS;
        let before = cpu::spent(WRITER);
        let started = Instant::now();
        let worker = sending::start(&config, &store, &engine)?;
        let has_arrived = sink.wait_for(n, AT_MOST);
        let seconds = started.elapsed().as_secs_f64();
        worker.stop();
        let after = cpu::spent(WRITER);
        ensure!(has_arrived && sink.count() == n, "every mail arrives once");
        values.push(n as f64 / seconds);
        process.push((after.process - before.process) / n as f64);
        writer.push((after.threads - before.threads) / n as f64);
    }
    let figure = |what: &str, values, unit| Figure {
        what: what.to_owned(),
        values,
        unit,
    };
    Ok(vec![
        figure(
            "mails sent end to end to a local sink, SQLite",
            values,
            "mails/s",
        ),
        figure("processor time of a mail, sink counted in", process, "µs"),
        figure("processor time of a mail, writer alone", writer, "µs"),
    ])
}

/// A hospital with one approved content, launched to everybody; answers how many will be written
/// to.
fn launch(store: &Store, engine: &Engine, n_people: usize, port: u16) -> Result<u64> {
    let mut seeds = Seeds::new(7);
    let now = clock::now();
    let staff = staff::Staff::hire(store, &mut seeds, now)?;
    staff::settle_in(store, &mut seeds, now)?;
    let texts = staff::texts_by("http://127.0.0.1:1");
    staff::carry_by(store, &seeds.ctx(now, Actor::System("bench")), port, &texts)?;
    people::settle(store, &mut seeds, n_people, demo::begin(now)?, now)?;
    let library = contents::write(store, engine, &staff, &mut seeds, now)?;
    let audiences = contents::choose(store, &staff, &mut seeds, now)?;
    let (version, class, _) = library
        .find("Holiday hours")
        .context("the content is approved")?;
    let (_, everybody) = audiences.first().context("there is an audience")?;
    let brief = Brief {
        name: "Bench".to_owned(),
        version,
        audience: *everybody,
        purpose: class
            .purposes()
            .first()
            .copied()
            .unwrap_or_default()
            .to_owned(),
        remuneration: Remuneration::NONE,
        sender_name: "Lakeside General Hospital".to_owned(),
        sender: "news@lakeside.example.org".to_owned(),
    };
    let ctx = staff.ctx("marketing", &mut seeds, now);
    let grant = ctx.actor.may(Capability::LaunchCampaigns)?;
    let engine = engine.clone();
    let launched = store.act_blocking(grant, &ctx, move |tx, ctx| {
        let id = campaign::create(tx, ctx, &brief)?.id;
        // Without a word of how many to expect, a second person would have to agree.
        let expected = Plan {
            expected: u64::try_from(n_people).ok(),
            ..Plan::default()
        };
        campaign::plan(tx, ctx, id, &expected)?;
        let question = campaign::view(tx, id, ctx.now)?.question();
        let gate = Gate::new(&engine, &settings::load(tx)?, question.message, ctx.now);
        let n = audience::plan(tx, &engine, &gate, &question.filter)?
            .waterfall
            .n_permitted;
        campaign::launch(tx, ctx, &engine, id, n)
    })?;
    Ok(launched.n_planned)
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn every_mail_of_a_small_hospital_arrives() {
        let figures = run(1, 200).expect("the bench runs to its end");
        // Processor time is of the whole process, which other tests share.
        let sent = figures.first().expect("mails a second");
        assert!(sent.values.iter().all(|value| *value > 0.0));
    }
}
