#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, Sender, channel};

use placet_domain::arrival::Arrival;
use placet_domain::time::Timestamp;

use super::*;
use crate::Flow;
use crate::mllp::listen::{Config, Listener};
use crate::spool::SpoolKey;

static PEOPLE: LazyLock<Arc<Flow>> = LazyLock::new(|| Arc::new(Flow::people()));

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn adt(control_id: &str, family: &str) -> String {
    format!(
        "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000-0500||ADT^A04|{control_id}|P|2.5.1\rPID|||1^^^HOSP^MR||{family}^SECRET&Q||19600229\rNTE|1||SECRET\r"
    )
}

/// The other side: says who arrived.
struct Told(Sender<(String, [u8; 32])>, Verdict);

impl Taker for Told {
    fn take(&mut self, messages: Vec<Message>) -> Vec<Verdict> {
        for message in &messages {
            if let Some(Arrival::Person(person)) = message.arrivals.first() {
                let _ = self
                    .0
                    .send((person.identity.family.clone(), message.content_hash));
            }
        }
        vec![self.1; messages.len()]
    }
}

fn listen(taker: impl Taker + 'static) -> (Listener, SocketAddr) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let config = Config::new(Arc::clone(&PEOPLE), now);
    (
        Listener::start(socket, config, Box::new(taker)).unwrap(),
        address,
    )
}

fn destination() -> (Listener, SocketAddr, Receiver<(String, [u8; 32])>) {
    let (tell, told) = channel();
    let (listener, address) = listen(Told(tell, Verdict::Taken));
    (listener, address, told)
}

fn shared(folder: &Path, limit: u64) -> Arc<Shared> {
    let key = SpoolKey::new(&[7; 32]).unwrap();
    Shared::new(Spool::open(folder, key, limit).unwrap())
}

fn send(to: SocketAddr, id: &str, family: &str) -> Answer {
    let mut client = Client::new(to, Duration::from_secs(20));
    client
        .send(adt(id, family).as_bytes(), id.as_bytes())
        .unwrap()
}

#[test]
fn what_came_while_the_other_side_was_down_arrives_in_order_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let spool = shared(folder.path(), u64::MAX);
    let (gateway, address) = listen(SpoolTaker(Arc::clone(&spool)));
    for (id, family) in [("1", "Moss"), ("2", "Hill"), ("3", "Reed")] {
        assert_eq!(send(address, id, family), Answer::Taken);
    }
    gateway.stop();
    drop(spool);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for word in [&b"SECRET"[..], b"Moss", b"MSH"] {
            assert!(memchr::memmem::find(&bytes, word).is_none());
        }
    }
    // The process begins anew.
    let spool = shared(folder.path(), u64::MAX);
    assert_eq!(spool.n_waiting(), 3);
    let (_other, to, told) = destination();
    let forwarder = Forwarder::start(Arc::clone(&spool), to).unwrap();
    let names: Vec<String> = (0..3).map(|_| told.recv().unwrap().0).collect();
    assert_eq!(names, ["Moss", "Hill", "Reed"]);
    drop(forwarder);
    assert!(spool.n_waiting() <= 1, "the last one may not be noted yet");
}

#[test]
fn a_kill_after_delivery_sends_the_same_bytes_again() {
    let folder = tempfile::tempdir().unwrap();
    let spool = shared(folder.path(), u64::MAX);
    let (gateway, address) = listen(SpoolTaker(Arc::clone(&spool)));
    assert_eq!(send(address, "1", "Moss"), Answer::Taken);
    assert_eq!(send(address, "1", "Moss"), Answer::Taken, "sent again");
    gateway.stop();
    let (_other, to, told) = destination();
    replay(&spool, to).unwrap();
    drop(spool);
    std::fs::remove_file(folder.path().join("position")).unwrap();
    replay(&shared(folder.path(), u64::MAX), to).unwrap();
    let all: Vec<_> = told.try_iter().collect();
    assert_eq!(all.len(), 4);
    assert!(
        all.iter().all(|one| *one == all[0]),
        "one message, by its hash"
    );
}

#[test]
fn a_full_spool_refuses_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = shared(folder.path(), 300);
    let (_gateway, address) = listen(SpoolTaker(Arc::clone(&spool)));
    assert_eq!(send(address, "1", "Moss"), Answer::Taken);
    assert_eq!(send(address, "2", "Hill"), Answer::NotNow);
    assert_eq!(spool.n_waiting(), 1);
    let (_other, to, told) = destination();
    replay(&spool, to).unwrap();
    assert_eq!(told.recv().unwrap().0, "Moss");
}

#[test]
fn what_the_destination_cannot_take_now_waits_and_keeps_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let spool = shared(folder.path(), u64::MAX);
    let (_gateway, address) = listen(SpoolTaker(Arc::clone(&spool)));
    assert_eq!(send(address, "1", "Moss"), Answer::Taken);
    let (tell, _told) = channel();
    let (_full, to) = listen(Told(tell, Verdict::NotNow));
    assert!(replay(&spool, to).is_err());
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = nobody.local_addr().unwrap();
    drop(nobody);
    assert!(replay(&spool, gone).is_err());
    assert_eq!(spool.n_waiting(), 1);
}

/// It takes the connection and never says a word.
#[test]
fn a_destination_that_stalls_is_left_and_the_message_waits() {
    let folder = tempfile::tempdir().unwrap();
    let spool = shared(folder.path(), u64::MAX);
    let (_gateway, address) = listen(SpoolTaker(Arc::clone(&spool)));
    assert_eq!(send(address, "1", "Moss"), Answer::Taken);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let stalled = silent.local_addr().unwrap();
    let mut client = Client::new(stalled, Duration::from_millis(20));
    for _ in 0..2 {
        assert!(send_first(&spool, &mut client).is_err());
    }
    assert_eq!(spool.n_waiting(), 1);
    // Meanwhile messages are taken as before.
    assert_eq!(send(address, "2", "Hill"), Answer::Taken);
    let (_other, to, told) = destination();
    replay(&spool, to).unwrap();
    let names: Vec<String> = told.try_iter().map(|one| one.0).collect();
    assert_eq!(names, ["Moss", "Hill"]);
}

#[test]
fn what_the_destination_never_takes_is_put_aside_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let spool = shared(folder.path(), u64::MAX);
    // A destination with another idea of a date: its flow reads the same fields, and refuses.
    let old = adt("1", "Moss");
    spool
        .lock()
        .unwrap()
        .append([old.replace("19600229", "x").as_bytes()])
        .unwrap();
    spool
        .lock()
        .unwrap()
        .append([adt("2", "Hill").as_bytes()])
        .unwrap();
    let (_other, to, told) = destination();
    replay(&spool, to).unwrap();
    assert_eq!(told.recv().unwrap().0, "Hill");
    assert_eq!(spool.set_aside.load(Ordering::Relaxed), 1);
    assert!(folder.path().join("refused").exists());
}
