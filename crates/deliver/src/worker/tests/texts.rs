//! Stories of text messages: a provider that takes, stalls, refuses, closes, and one that does not
//! know us. It speaks HTTP over a real socket.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use placet_app::delivery::{self, Claiming, Claims, Engine};
use placet_domain::channel::Channel;
use placet_domain::delivery::State;
use placet_domain::settings::{TextCarrier as Set, TextProvider};
use placet_store::{StoreError, suppressions};

use super::stage::{House, Kind};
use crate::carrier::Carrier;
use crate::carrier::recording::Recording;
use crate::carrier::text::TextCarrier;
use crate::text::Account;
use crate::text::http::{Client, Patience};
use crate::worker::{Config, Worker};

/// What the provider does with a message.
#[derive(Clone, Copy)]
enum Play {
    /// Answers with this status and body.
    Say(u16, &'static str),
    /// Takes it and never answers.
    Stall,
    /// Takes it and closes.
    Close,
    /// Closes after the first line, so that it has taken nothing.
    HangUp,
}

const TAKEN: Play = Play::Say(201, r#"{"sid":"SM1"}"#);

/// A provider on this machine.
struct Provider {
    url: String,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    /// `play` says what happens to each message by its number, `login` how a question about the
    /// account is answered. It ends with the process: nothing is kept.
    fn start(login: u16, play: impl Fn(usize) -> Play + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let (kept, play) = (Arc::clone(&taken), Arc::new(play));
        let number = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (kept, play, number) = (kept.clone(), play.clone(), number.clone());
                std::thread::spawn(move || {
                    // A client that gives up ends its own connection only.
                    let _ = serve(socket, login, &*play, &number, &kept);
                });
            }
        });
        Self { url, taken }
    }

    /// How often each number was reached.
    fn reached(&self) -> BTreeMap<String, usize> {
        let mut reached = BTreeMap::new();
        for body in self.taken.lock().unwrap().iter() {
            let to = body.split('&').next().unwrap().to_owned();
            *reached.entry(to).or_default() += 1;
        }
        reached
    }

    fn account(&self) -> Account {
        Account {
            set: Set {
                provider: TextProvider::Twilio,
                url: self.url.clone(),
                account: "AC00".to_owned(),
                public_key: String::new(),
                sender: "+16145550199".to_owned(),
                is_baa_on_file: true,
                country: "US".to_owned(),
            },
            secret: "s3cret".to_owned(),
            callback: "https://news.harbor.example/hooks/texts".to_owned(),
        }
    }
}

fn serve(
    mut socket: TcpStream,
    login: u16,
    play: &dyn Fn(usize) -> Play,
    number: &std::sync::atomic::AtomicUsize,
    kept: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(socket.try_clone()?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    if first.starts_with("GET") {
        return answer(&mut socket, login, "{}");
    }
    let n = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let play = play(n);
    if matches!(play, Play::HangUp) {
        return Ok(());
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    if !matches!(play, Play::Say(400.., _)) {
        kept.lock().unwrap().push(String::from_utf8(body).unwrap());
    }
    match play {
        Play::Say(status, body) => answer(&mut socket, status, body),
        // Until the other side gives up.
        Play::Stall => socket.read(&mut [0]).map(drop),
        Play::Close | Play::HangUp => Ok(()),
    }
}

fn answer(socket: &mut TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(format!("{head}{body}").as_bytes())
}

impl House {
    fn text_worker(&self, provider: &Provider, lines: usize) -> Worker {
        let account = provider.account();
        let client = Client::new(Patience {
            connect: Duration::from_secs(20),
            answer: Duration::from_millis(400),
        });
        let line = move || -> Box<dyn Carrier> {
            let account = account.clone();
            let now = Arc::new(move || Ok(account.clone()));
            Box::new(TextCarrier::new(now, client.clone()))
        };
        self.worker_of(Channel::Sms, Arc::new(line), lines)
    }

    /// One claim without a worker.
    fn claim_texts(&self, n: usize) -> Claims {
        let keys = self.store.keys().clone();
        let mut rendered = BTreeMap::new();
        for version in self.versions() {
            let read = move |tx: &mut placet_store::Tx| delivery::prepare(tx, version);
            let made = self.store.read_blocking(read).unwrap();
            rendered.insert(version, Arc::new(made));
        }
        self.act(move |tx, ctx| {
            let claiming = Claiming {
                worker: [1; 16].into(),
                channel: Channel::Sms,
                n,
                engine: &Engine::builtin(),
                keys: &keys,
                public_url: "https://news.harbor.example",
                rendered: &rendered,
            };
            delivery::claim(tx, ctx, &claiming)
        })
        .unwrap()
    }

    fn worker_of(
        &self,
        channel: Channel,
        carrier: Arc<dyn Fn() -> Box<dyn Carrier> + Send + Sync>,
        lines: usize,
    ) -> Worker {
        Worker::start(Config {
            store: self.store.clone(),
            channel,
            engine: Engine::builtin(),
            public_url: "https://news.harbor.example".to_owned(),
            ctx: self.clock(),
            carrier,
            lines,
            lease: SignedDuration::from_secs(30),
            look: Duration::from_millis(5),
        })
        .unwrap()
    }
}

pub(super) fn everybody_is_texted_once(kind: Kind) {
    let provider = Provider::start(200, |_| TAKEN);
    let (house, campaign) = House::texting(kind, 40, &provider.url);
    let worker = house.text_worker(&provider, 4);
    house.wait_until_over(campaign);
    worker.stop();
    house.check_tally(campaign, [0, 0, 40, 0, 0, 0]);
    let reached = provider.reached();
    assert!(reached.len() == 40 && reached.values().all(|n| *n == 1));
    let body = provider.taken.lock().unwrap()[0].clone();
    for part in [
        "To=%2B1614555",
        "Body=Harbor+Health%3A+Hello+Given",
        "Reply+STOP+to+end",
        "StatusCallback=https%3A%2F%2Fnews.harbor.example%2Fhooks%2Ftexts%2F",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    let sent = house.in_state(campaign, State::Sent);
    let dialogue = sent[0].dialogue.as_deref().unwrap();
    assert_eq!(
        dialogue,
        "> POST /2010-04-01/Accounts/AC00/Messages.json\n< 201 SM1\n"
    );
}

/// A worker of mail never sees a text, and the other way round.
pub(super) fn each_channel_goes_to_its_own_line(kind: Kind) {
    let provider = Provider::start(200, |_| TAKEN);
    let (house, texts) = House::texting(kind, 5, &provider.url);
    let mails = house.launch(5).unwrap();
    let recording = Recording::new();
    let line = recording.clone();
    let mail = house.worker_of(Channel::Email, Arc::new(move || Box::new(line.line())), 2);
    house.wait_until_over(mails);
    mail.stop();
    house.check_tally(texts, [5, 0, 0, 0, 0, 0]);
    assert_eq!(recording.mails().len(), 5);

    let worker = house.text_worker(&provider, 2);
    house.wait_until_over(texts);
    worker.stop();
    assert_eq!((recording.count(), provider.reached().len()), (5, 5));
}

/// L3: between eight and nine in the evening where they are, whenever it was launched.
pub(super) fn nobody_is_texted_at_night(kind: Kind) {
    let provider = Provider::start(200, |_| TAKEN);
    let (house, campaign) = House::texting(kind, 5, &provider.url);
    // Midnight in Ohio.
    house.pass(SignedDuration::from_hours(12));
    let claims = house.claim_texts(5);
    assert_eq!((claims.claimed.len(), claims.n_deferred), (0, 5));
    // A minute before eight, and at eight.
    house.pass(SignedDuration::from_mins(8 * 60 - 1));
    assert_eq!(house.claim_texts(5).claimed.len(), 0);
    house.pass(SignedDuration::from_mins(1));
    let worker = house.text_worker(&provider, 2);
    house.wait_until_over(campaign);
    worker.stop();
    house.check_tally(campaign, [0, 0, 5, 0, 0, 0]);
}

/// Whoever was not taken is tried again or failed; whoever may have been taken is named.
pub(super) fn a_provider_full_of_faults_loses_and_doubles_nobody(kind: Kind) {
    let provider = Provider::start(200, |number| match number % 10 {
        2 => Play::Stall,
        3 => Play::Close,
        5 => Play::HangUp,
        6 => Play::Say(400, r#"{"code":30003,"message":"Unreachable"}"#),
        8 => Play::Say(502, "<html>bad account</html>"),
        _ => TAKEN,
    });
    let (house, campaign) = House::texting(kind, 40, &provider.url);
    let worker = house.text_worker(&provider, 4);
    house.wait_until_over(campaign);
    worker.stop();
    let n = |state| house.in_state(campaign, state).len();
    assert_eq!(
        n(State::Sent) + n(State::Failed) + n(State::Unknown),
        40,
        "nobody lost"
    );
    assert!(n(State::Unknown) > 0 && n(State::Failed) > 0);
    let reached = provider.reached();
    assert!(reached.values().all(|n| *n == 1), "nobody twice");
    // Everybody sent to was reached; whoever else was reached is named as unknown.
    let unknown_but_reached = reached.len() - n(State::Sent);
    assert!(unknown_but_reached > 0 && unknown_but_reached <= n(State::Unknown));
}

/// A wrong secret costs nobody their message: the line never comes up.
pub(super) fn a_provider_that_does_not_know_us_gets_nothing(kind: Kind) {
    let provider = Provider::start(401, |_| TAKEN);
    let (house, campaign) = House::texting(kind, 3, &provider.url);
    let worker = house.text_worker(&provider, 2);
    while worker.progress().trouble().is_none() {
        std::thread::yield_now();
    }
    let trouble = worker.progress().trouble().unwrap();
    assert!(trouble.contains("401") && !trouble.contains("s3cret"));
    worker.stop();
    house.check_tally(campaign, [3, 0, 0, 0, 0, 0]);
    assert!(provider.reached().is_empty());
}

/// As with a mailbox that is none: the number is closed for good, by the answer's code.
pub(super) fn a_number_that_is_none_is_closed(kind: Kind) {
    let provider = Provider::start(200, |_| {
        Play::Say(400, r#"{"code":21614,"message":"not a mobile number"}"#)
    });
    let (house, campaign) = House::texting(kind, 1, &provider.url);
    let worker = house.text_worker(&provider, 1);
    house.wait_until_over(campaign);
    worker.stop();
    house.check_tally(campaign, [0, 0, 0, 1, 0, 0]);
    let closed = house
        .store
        .read_blocking::<_, _, StoreError>(suppressions::count)
        .unwrap();
    assert!(
        closed
            .iter()
            .any(|(channel, cause, n)| *channel == Channel::Sms
                && cause.as_str() == "hard_bounce"
                && *n == 1),
        "{closed:?}"
    );
}
