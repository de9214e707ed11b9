//! The person's own pages, as a person, a mail program, a link scanner and a forger meet them.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use placet_app::patient::link::Purpose;
use placet_domain::id::PersonId;
use placet_store::{StoreError, instruments, ledger, preferences};

use crate::harness::{Page, World};
use crate::samples::{add_person, add_person_speaking, link};

fn world() -> (World, PersonId) {
    let world = World::new();
    let ada = add_person(&world, 1, "Ada", "Moss", "ada@example.org");
    (world, ada)
}

async fn get(world: &World, path: &str) -> Page {
    world.nobody().get(path).await
}

/// A form that names the text which the page shows.
async fn read_and(world: &World, path: &str, form: &str) -> String {
    let page = get(world, path).await;
    format!(
        "{form}&wording={}",
        page.between("name=\"wording\" value=\"", "\"")
    )
}

async fn post(world: &World, path: &str, form: &str) -> Page {
    world
        .nobody()
        .request(Method::POST, path, Some(form), &[])
        .await
}

/// How many instruments, preferences and entries that are no reading there are.
fn n_kept(world: &World, person: PersonId) -> (usize, usize, usize) {
    let (instruments, preferences) = world
        .act(move |tx, _| {
            let instruments = instruments::list_by_person(tx, person)?.len();
            Ok((instruments, preferences::list_by_person(tx, person)?.len()))
        })
        .unwrap();
    let entries = world
        .store
        .read_blocking::<_, _, StoreError>(|tx| ledger::list_from(tx, 0, 10_000))
        .unwrap();
    let acts = entries
        .iter()
        .filter(|entry| entry.kind != "person.read")
        .count();
    (instruments, preferences, acts)
}

#[tokio::test]
async fn s50_the_page_shows_choices_and_nothing_that_is_not_theirs_to_pass_on() {
    let (world, ada) = world();
    let page = get(&world, &link(&world, ada, Purpose::Preferences)).await;
    assert_eq!(page.status, StatusCode::OK);
    page.must_say("Community events");
    page.must_say("a…@example.org");
    for hidden in ["Ada", "Moss", "ada@example.org", "1960", "checked"] {
        assert!(!page.text.contains(hidden), "{hidden}");
    }
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("set-cookie"), "");
    assert!(!page.text.contains("<script"));
}

#[tokio::test]
async fn s48_boxes_are_taken_over_and_a_receipt_is_shown() {
    let (world, ada) = world();
    let path = link(&world, ada, Purpose::Preferences);
    let chosen = read_and(&world, &path, "way=email%3Aevents").await;
    let done = post(&world, &path, &chosen).await;
    assert_eq!(done.status, StatusCode::OK);
    done.must_be_sound(&path);
    done.must_say("You said yes: Community events, E-mail");
    done.must_say("You said no: Services and offers, E-mail");

    let page = get(&world, &path).await;
    assert_eq!(page.text.matches(" checked").count(), 1);
    assert!(
        page.between("value=\"email:events\"", ">")
            .contains("checked")
    );

    let number = done
        .between("/p/receipt/", "\"")
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let base = format!("/p/receipt/{}", done.between("/p/receipt/", "\""));
    let text = get(&world, &base).await;
    text.must_say("RECEIPT");
    text.must_say(&number);
    assert!(text.header("content-disposition").contains("receipt.txt"));
    let json = get(&world, &format!("{base}/json")).await.json();
    assert_eq!(json["number"], number.as_str());
    assert_eq!(json["kind"], "patient.chose");
    assert_eq!(json["leaf_hash"].as_str().unwrap().len(), 64);

    // Saved at once, either verifies with the public key alone.
    done.must_say("<dt>Signed</dt><dd>Yes</dd>");
    let key = [world.store.ledger_key().clone()];
    for kept in [text.text.as_str(), json["proof"].as_str().unwrap()] {
        let receipt = placet_ledger::receipt::Receipt::find(kept).unwrap();
        receipt.verify(&key).unwrap();
        let entry = String::from_utf8(receipt.entry.unwrap()).unwrap();
        assert!(entry.contains("\"allowed\":\"email:events\""), "{entry}");
    }
}

#[tokio::test]
async fn a_receipt_of_somebody_else_is_not_there() {
    let (world, ada) = world();
    let ben = add_person(&world, 2, "Ben", "Oak", "ben@example.org");
    let done = post(&world, &link(&world, ben, Purpose::Unsubscribe), "via=page").await;
    let number = done
        .between("/p/receipt/", "\"")
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let token = link(&world, ada, Purpose::Preferences);
    let token = token.rsplit('/').next().unwrap();
    let stolen = get(&world, &format!("/p/receipt/{token}/{number}")).await;
    assert_eq!(stolen.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn s49_no_word_ticks_everything() {
    let (world, ada) = world();
    let path = link(&world, ada, Purpose::Preferences);
    post(
        &world,
        &path,
        "way=all&way=email%3Aall&way=all%3Aevents&way=email",
    )
    .await;
    assert_eq!(n_kept(&world, ada).0, 0);
}

#[tokio::test]
async fn threat_4_link_scanners_change_nothing() {
    let (world, ada) = world();
    let before = n_kept(&world, ada);
    for purpose in [Purpose::Unsubscribe, Purpose::Preferences] {
        let path = link(&world, ada, purpose);
        for _ in 0..3 {
            let page = get(&world, &path).await;
            assert_eq!(page.status, StatusCode::OK);
            // A scanner follows what it finds.
            for href in page.text.split("href=\"").skip(1) {
                let href = href.split('"').next().unwrap();
                if href.starts_with("/p/") {
                    get(&world, href).await;
                }
            }
            world.nobody().request(Method::HEAD, &path, None, &[]).await;
        }
    }
    assert_eq!(n_kept(&world, ada), before);
}

#[tokio::test]
async fn rfc_8058_one_click_takes_both_forms_without_cookie_or_redirect() {
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                     One-Click\r\n--x--\r\n";
    for (kind, body) in [
        (
            "application/x-www-form-urlencoded",
            "List-Unsubscribe=One-Click",
        ),
        ("multipart/form-data; boundary=x", multipart),
    ] {
        let (world, ada) = world();
        let request = Request::builder()
            .method(Method::POST)
            .uri(link(&world, ada, Purpose::Unsubscribe))
            .header("host", "placet.test")
            .header("content-type", kind)
            .body(Body::from(body))
            .unwrap();
        let page = world.send(request).await;
        assert_eq!(page.status, StatusCode::OK, "{kind}");
        assert_eq!(
            (page.header("location"), page.header("set-cookie")),
            ("", "")
        );
        assert_eq!(n_kept(&world, ada).1, 1, "{kind}");
        let held = world
            .act(move |tx, _| Ok(preferences::list_by_person(tx, ada)?))
            .unwrap();
        assert_eq!(held[0].preference.method.as_str(), "one_click");
        assert_eq!(
            held[0].preference.evidence.document,
            "05".repeat(16),
            "the message it came from"
        );
    }
}

#[tokio::test]
async fn a_post_that_says_neither_changes_nothing() {
    let (world, ada) = world();
    let before = n_kept(&world, ada);
    for body in ["", "x=1", "List-Unsubscribe=No", "via=elsewhere"] {
        let page = post(&world, &link(&world, ada, Purpose::Unsubscribe), body).await;
        assert_eq!(page.status, StatusCode::OK);
        page.must_say("Stop marketing e-mail");
    }
    assert_eq!(n_kept(&world, ada), before);
}

#[tokio::test]
async fn every_bad_token_gets_the_same_answer() {
    let (world, ada) = world();
    let good = link(&world, ada, Purpose::Preferences);
    let narrow = link(&world, ada, Purpose::Unsubscribe);
    let nobody = link(&world, PersonId::from([77; 16]), Purpose::Preferences);
    let token = good.rsplit('/').next().unwrap().to_owned();
    let mut forged = token.clone().into_bytes();
    forged[40] = if forged[40] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let narrow_token = narrow.rsplit('/').next().unwrap();
    let expected = get(&world, "/p/preferences/x").await;
    assert_eq!(expected.status, StatusCode::NOT_FOUND);
    expected.must_say("This link does not work");
    expected.must_say("action=\"/p/link\"");

    let mut bad = vec![
        format!("/p/preferences/{forged}"),
        format!("/p/preferences/{}", &token[1..]),
        format!("/p/preferences/{token}A"),
        format!("/p/preferences/{narrow_token}"),
        format!("/p/unsubscribe/{forged}"),
        nobody,
    ];
    world.pass_minutes(31 * 24 * 60);
    bad.push(good);
    for path in bad {
        let page = get(&world, &path).await;
        assert_eq!(
            (page.status, &page.text),
            (expected.status, &expected.text),
            "{path}"
        );
        let sent = post(&world, &path, "via=page&way=email%3Aevents").await;
        assert_eq!(
            (sent.status, &sent.text),
            (expected.status, &expected.text),
            "{path}"
        );
    }
    assert_eq!(n_kept(&world, ada).1, 0);
}

#[tokio::test]
async fn s171_s173_stopping_and_taking_back_are_one_button_each() {
    let (world, ada) = world();
    let path = link(&world, ada, Purpose::Unsubscribe);
    let page = get(&world, &path).await;
    page.must_say("action=\"/p/revoke/");
    let done = post(&world, &path, "via=page").await;
    done.must_say("No more marketing messages: E-mail");
    let revoke = format!("/p/revoke/{}", path.rsplit('/').next().unwrap());
    let done = post(&world, &revoke, "").await;
    assert_eq!(done.status, StatusCode::OK);
    done.must_be_sound(&revoke);
}

#[tokio::test]
async fn the_same_is_said_whether_an_address_is_known_or_not() {
    let (world, _) = world();
    let known = post(&world, "/p/link", "email=ada%40example.org").await;
    let unknown = post(&world, "/p/link", "email=eve%40example.org").await;
    let nonsense = post(&world, "/p/link", "email=%0d%0a").await;
    assert_eq!(known.status, StatusCode::OK);
    assert_eq!((known.status, &known.text), (unknown.status, &unknown.text));
    assert_eq!(
        (known.status, &known.text),
        (nonsense.status, &nonsense.text)
    );
    get(&world, "/p/link").await.must_say("Get a fresh link");
}

#[tokio::test]
async fn a_page_whose_text_changed_is_read_again_before_it_counts() {
    let (world, ada) = world();
    let path = link(&world, ada, Purpose::Preferences);
    let stale = format!("wording={}&way=email%3Aevents", "0".repeat(32));
    let page = post(&world, &path, "way=email%3Aevents").await;
    assert_eq!(page.status, StatusCode::CONFLICT, "a yes to no text");
    let page = post(&world, &path, &stale).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert_eq!(n_kept(&world, ada).0, 0);
    // A person gets no page of the staff: their words, and the way back to their own.
    page.must_be_sound(&path);
    page.must_say(&format!("href=\"{path}\""));
    for ours in ["Go to Today", "wording.changed", "Placet", "<script"] {
        assert!(!page.text.contains(ours), "{ours}");
    }
    let lost = get(&world, "/p/nothing").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert!(!lost.text.contains("Go to Today"));
}

#[tokio::test]
async fn a_person_is_spoken_to_in_their_language() {
    let world = World::new();
    let luz = add_person_speaking(&world, 3, "Luz", "Vega", "luz@example.org", Some("es"));
    let path = link(&world, luz, Purpose::Preferences);
    let page = get(&world, &path).await;
    page.must_say("<html lang=\"es\"");
    page.must_say("Sus opciones");
    page.must_say("Su elección no afecta su atención");
    let chosen = read_and(&world, &path, "way=email%3Aevents").await;
    post(&world, &path, &chosen).await.must_say("Dijo que sí");
}

/// The page for a phone, printed and read out: plain words, grade 8 at most (Flesch-Kincaid).
#[tokio::test]
async fn the_english_page_is_easy_to_read() {
    let (world, ada) = world();
    for purpose in [Purpose::Preferences, Purpose::Unsubscribe] {
        let page = get(&world, &link(&world, ada, purpose)).await;
        let main = page.between("<main", "</main>");
        let text = sentences(main);
        let grade = grade(&text);
        assert!(grade <= 8.0, "grade {grade:.1}: {text}");
    }
}

/// The sentences of the paragraphs and list items.
fn sentences(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = true;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    let said = text
        .split(". ")
        .filter(|sentence| sentence.split_whitespace().count() > 3);
    said.collect::<Vec<_>>().join(". ")
}

#[allow(clippy::cast_precision_loss)]
fn grade(text: &str) -> f64 {
    let n_sentences = text.matches(['.', '!', '?', ':']).count().max(1) as f64;
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|w| w.contains(char::is_alphabetic))
        .collect();
    let syllables: usize = words.iter().map(|word| syllables(word)).sum();
    let n_words = words.len() as f64;
    0.39 * n_words / n_sentences + 11.8 * syllables as f64 / n_words - 15.59
}

fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let mut n = 0;
    let mut was_vowel = false;
    for c in word.chars() {
        let is_vowel = "aeiouy".contains(c);
        n += usize::from(is_vowel && !was_vowel);
        was_vowel = is_vowel;
    }
    let is_silent = word.ends_with('e') && !word.ends_with("le") && n > 1;
    (n - usize::from(is_silent)).max(1)
}
