//! Over TLS: who is trusted, who is let in, and what happens to everybody else.

use std::path::{Path, PathBuf};

use super::*;
use crate::cli::run::{Run, SpoolAt};
use crate::mllp::client::To;
use crate::mllp::tls::{ClientArgs, ServerArgs, ServerFiles};

/// Two authorities, and of their making: a server and a client of ours, and a stranger's client, all of this name.
const NAME: &str = "gateway.example";

fn certified() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let authority = |name: &str| {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        write(name, &params.self_signed(&key).unwrap().pem());
        rcgen::Issuer::new(params, key)
    };
    let (own, stranger) = (authority("own.pem"), authority("stranger.pem"));
    for (name, issuer) in [("server", &own), ("client", &own), ("false", &stranger)] {
        let params = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let made = params.signed_by(&key, issuer).unwrap();
        write(&format!("{name}.pem"), &made.pem());
        write(&format!("{name}.key"), &key.serialize_pem());
    }
    folder
}

fn server(folder: &Path, clients: Option<&str>) -> ServerFiles {
    let files = ServerFiles {
        certificate: "server.pem".into(),
        key: "server.key".into(),
        clients: clients.map(PathBuf::from),
    };
    files.in_folder(folder)
}

fn trusting(folder: &Path, authority: &str, name: &str, shows: Option<&str>) -> ClientArgs {
    ClientArgs {
        forward_name: Some(name.to_owned()),
        forward_authority: Some(folder.join(authority)),
        forward_certificate: shows.map(|shows| folder.join(format!("{shows}.pem"))),
        forward_key: shows.map(|shows| folder.join(format!("{shows}.key"))),
    }
}

fn sent(address: SocketAddr, args: &ClientArgs) -> Option<Answer> {
    let to = To {
        address,
        trust: args.load().unwrap(),
    };
    let mut line = Client::new(to, Duration::from_secs(20));
    line.send(adt("1", "Moss").as_bytes(), b"1").ok()
}

#[test]
fn a_sender_goes_on_only_with_a_certificate_that_it_trusts() {
    let folder = certified();
    let at = folder.path();
    let taker = Keep::default();
    let kept = Arc::clone(&taker.kept);
    let tls = server(at, None).load().unwrap();
    let (listener, address) = listen(taker, |config| config.tls = Some(Arc::clone(&tls)));
    let trusted = trusting(at, "own.pem", NAME, None);
    assert_eq!(sent(address, &trusted), Some(Answer::Taken));
    for wrong in [
        trusting(at, "stranger.pem", NAME, None),
        trusting(at, "own.pem", "elsewhere.example", None),
        ClientArgs::default(),
    ] {
        assert_eq!(sent(address, &wrong), None, "{wrong:?}");
    }
    assert_eq!(kept.lock().unwrap().len(), 1);
    assert_eq!(listener.counts().read.load(Ordering::Relaxed), 1);
    listener.stop();
}

/// A certificate ends each year, and the port stays open.
#[test]
fn files_that_change_count_from_the_next_connection_on() {
    let (old, new) = (certified(), certified());
    let at = old.path();
    let taker = Keep::default();
    let tls = server(at, None).load().unwrap();
    let (_listener, address) = listen(taker, |config| config.tls = Some(Arc::clone(&tls)));
    let (before, after) = (
        trusting(at, "own.pem", NAME, None),
        trusting(new.path(), "own.pem", NAME, None),
    );
    assert_eq!(sent(address, &before), Some(Answer::Taken));
    assert_eq!(sent(address, &after), None);
    let replace = |name: &str| {
        std::fs::copy(new.path().join(name), at.join(name)).unwrap();
    };
    // Half-way, the key does not fit: what was read before goes on.
    replace("server.pem");
    assert_eq!(sent(address, &before), Some(Answer::Taken));
    replace("server.key");
    assert_eq!(sent(address, &after), Some(Answer::Taken));
    assert_eq!(sent(address, &before), None);
    // A sender reads again whom it trusts, too.
    let to = To {
        address,
        trust: before.load().unwrap(),
    };
    let mut line = Client::new(to, Duration::from_secs(20));
    assert!(line.send(adt("2", "Moss").as_bytes(), b"2").is_err());
    replace("own.pem");
    assert_eq!(
        line.send(adt("2", "Moss").as_bytes(), b"2").ok(),
        Some(Answer::Taken)
    );
}

#[test]
fn only_clients_of_the_named_authority_are_let_in() {
    let folder = certified();
    let at = folder.path();
    let taker = Keep::default();
    let kept = Arc::clone(&taker.kept);
    let tls = server(at, Some("own.pem")).load().unwrap();
    let (_listener, address) = listen(taker, |config| config.tls = Some(Arc::clone(&tls)));
    for stranger in [None, Some("false")] {
        let args = trusting(at, "own.pem", NAME, stranger);
        assert_eq!(sent(address, &args), None, "{stranger:?}");
    }
    assert!(kept.lock().unwrap().is_empty());
    let known = trusting(at, "own.pem", NAME, Some("client"));
    assert_eq!(sent(address, &known), Some(Answer::Taken));
    assert_eq!(kept.lock().unwrap().len(), 1);
}

/// Records cut into pieces of any size are the same messages.
#[test]
fn frames_come_out_of_tls_wherever_they_are_cut() {
    let folder = certified();
    let at = folder.path();
    let tls = server(at, None).load().unwrap();
    let (_listener, address) = listen(Keep::default(), |config| {
        config.tls = Some(Arc::clone(&tls))
    });
    let trust = trusting(at, "own.pem", NAME, None).load().unwrap();
    let stream = TcpStream::connect(address).unwrap();
    let mut wire = crate::mllp::tls::Wire::opened(stream, trust.as_ref()).unwrap();
    for byte in framed(adt("7", "Moss").as_bytes()) {
        std::io::Write::write_all(&mut wire, &[byte]).unwrap();
        std::io::Write::flush(&mut wire).unwrap();
    }
    let mut answer = [0; 1_000];
    let n = std::io::Read::read(&mut wire, &mut answer).unwrap();
    assert!(String::from_utf8_lossy(&answer[..n]).contains("MSA|AA|7"));
}

#[test]
fn the_gateway_takes_in_and_sends_on_over_tls() {
    let folder = certified();
    let at = folder.path();
    let taker = Keep::default();
    let kept = Arc::clone(&taker.kept);
    let tls = server(at, Some("own.pem")).load().unwrap();
    let (_destination, to) = listen(taker, |config| config.tls = Some(Arc::clone(&tls)));
    let run = Run {
        listen: "127.0.0.1:0".parse().unwrap(),
        forward: to,
        flow: PathBuf::from("people"),
        from: Vec::new(),
        limit: 4 << 20,
        tls: ServerArgs {
            tls_certificate: Some(at.join("server.pem")),
            tls_key: Some(at.join("server.key")),
            tls_clients: None,
        },
        over: trusting(at, "own.pem", NAME, Some("client")),
        spool: SpoolAt {
            spool: at.join("spool"),
            key_file: None,
            key: Some("07".repeat(32)),
            spool_limit: 1 << 20,
        },
    };
    let (listener, forwarder, address) = run.start(now).map_err(|(_, says)| says).unwrap();
    let trusted = trusting(at, "own.pem", NAME, None);
    assert_eq!(sent(address, &trusted), Some(Answer::Taken));
    assert_eq!(sent(address, &ClientArgs::default()), None);
    // What is left in the spool when the forwarder ends goes out by a replay, over the same way.
    drop(forwarder);
    listener.stop();
    let replay = crate::cli::run::Replay {
        forward: to,
        over: run.over,
        spool: run.spool,
    };
    assert_eq!(replay.run(&mut Vec::new()), crate::cli::DONE);
    assert_eq!(kept.lock().unwrap().len(), 1);
}

#[test]
fn files_that_cannot_be_used_are_named_and_nothing_of_them_is_said() {
    let folder = certified();
    let at = folder.path();
    std::fs::write(at.join("empty.pem"), "SECRET, no certificate").unwrap();
    let says = |files: ServerFiles| files.load().unwrap_err().to_string();
    let check = |change: fn(&mut ServerFiles), expected: &str| {
        let mut files = server(at, None);
        change(&mut files);
        let said = says(files.in_folder(at));
        assert!(
            said.contains(expected) && !said.contains("SECRET"),
            "{said}"
        );
    };
    check(|files| files.key = "missing.key".into(), "missing.key");
    check(|files| files.key = "client.key".into(), "server.pem");
    check(|files| files.certificate = "empty.pem".into(), "empty.pem");
    check(
        |files| files.clients = Some("empty.pem".into()),
        "empty.pem",
    );
    let args = trusting(at, "empty.pem", NAME, None);
    assert!(args.load().unwrap_err().to_string().contains("empty.pem"));
    let args = trusting(at, "own.pem", "not a name", None);
    assert!(args.load().is_err());
}
