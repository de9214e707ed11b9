#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::Duration;

use placet_gateway::mllp::client::{Answer, Client, To};
use placet_gateway::mllp::tls::ClientArgs;
use placet_store::{StoreError, people};

use super::*;
use crate::command::init;
use crate::command::open::{FILE, open};
use crate::config::Config as File;
use crate::demo::data::open_alone;

const MESSAGE: &str = "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000-0500||ADT^A04|1|P|2.5.1\rPID|||1^^^HOSP^MR||Moss^Ada||19600229\r";

fn message(sender: &str, number: &str, kind: &str, segments: &str) -> String {
    format!("MSH|^~\\&|{sender}|HOSP|X|Y|20260301120000-0500||{kind}|{number}|P|2.5.1\r{segments}")
}

/// Two systems count from one each, and a merge that was a mistake is taken back: nobody is lost on the way.
#[test]
fn two_senders_use_one_number_and_a_merge_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let starter = File::starter(([127, 0, 0, 1], 8080).into());
    init::create(folder.path(), &starter).unwrap();
    let config = File::read(&folder.path().join(FILE)).unwrap();
    let store = open(&config, false).unwrap();
    open_alone(&store, &clock::system("test"), "ehr").unwrap();
    let settings = Settings::at(([127, 0, 0, 1], 0).into());
    let intake = Intake::start(&settings, &store).unwrap();
    let mut line = Client::new(intake.address, Duration::from_secs(60));
    let mut tell = |sender: &str, number: &str, kind: &str, segments: &str| {
        let message = message(sender, number, kind, segments);
        let answer = line.send(message.as_bytes(), number.as_bytes()).unwrap();
        assert_eq!(answer, Answer::Taken, "{sender} {number}");
    };
    let pid = |id: &str, given: &str| format!("PID|||{id}^^^HOSP^MR||Moss^{given}||19600229\r");
    let (one, two) = (pid("p1", "Ada"), pid("p2", "Adah"));
    tell("EHR", "1", "ADT^A04", &one);
    tell("SCHEDULE", "1", "ADT^A04", &two);
    tell("EHR", "1", "ADT^A04", &one);
    let home = |id: &'static str| {
        let find = move |tx: &mut Tx| import::find_person(tx, "ehr", id);
        store.read_blocking::<_, _, StoreError>(find).unwrap()
    };
    let (first, second) = (home("HOSP|p1").unwrap(), home("HOSP|p2").unwrap());
    assert_ne!(first, second, "the second sender's was no repetition");

    let merge = format!("{one}MRG|p2^^^HOSP^MR\r");
    tell("EHR", "2", "ADT^A40", &merge);
    assert_eq!(home("HOSP|p2"), Some(first), "merged");
    tell("EHR", "2", "ADT^A40", &merge);
    // News of a record that goes on under another has no effect.
    tell("SCHEDULE", "2", "ADT^A08", &pid("p2", "Edda"));
    assert_eq!(home("HOSP|p2"), Some(first));
    tell("EHR", "3", "ADT^A37", &format!("{one}{two}"));
    assert_eq!(
        (home("HOSP|p1"), home("HOSP|p2")),
        (Some(first), Some(second))
    );
    intake.stop().unwrap();
    let n_people = store.read_blocking::<_, _, StoreError>(people::count);
    assert_eq!(n_people.unwrap(), 2);
}

/// By the settings of the file, whose paths are relative to it.
#[test]
fn a_message_comes_in_over_tls_and_none_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    init::create(folder.path(), &File::starter(([127, 0, 0, 1], 8080).into())).unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["gateway.example".to_owned()]).unwrap();
    fs::write(at("mllp.pem"), made.cert.pem()).unwrap();
    fs::write(at("mllp.key"), made.signing_key.serialize_pem()).unwrap();
    let text = fs::read_to_string(at(FILE)).unwrap();
    let more = "\n[mllp]\nlisten = \"127.0.0.1:0\"\n\n[mllp.tls]\ncertificate = \"mllp.pem\"\nkey = \"mllp.key\"\n";
    fs::write(at(FILE), text + more).unwrap();
    let config = File::read(&at(FILE)).unwrap();
    let store = open(&config, false).unwrap();
    open_alone(&store, &clock::system("test"), "ehr").unwrap();

    let intake = Intake::start(config.mllp.as_ref().unwrap(), &store).unwrap();
    let send = |args: ClientArgs| {
        let to = To {
            address: intake.address,
            trust: args.load().unwrap(),
        };
        let mut line = Client::new(to, Duration::from_secs(60));
        line.send(MESSAGE.as_bytes(), b"1").ok()
    };
    assert_eq!(send(ClientArgs::default()), None);
    let trusting = ClientArgs {
        forward_name: Some("gateway.example".to_owned()),
        forward_authority: Some(at("mllp.pem")),
        ..ClientArgs::default()
    };
    assert_eq!(send(trusting), Some(Answer::Taken));
    intake.stop().unwrap();
    let n_people = store.read_blocking::<_, _, StoreError>(people::count);
    assert_eq!(n_people.unwrap(), 1);
}
