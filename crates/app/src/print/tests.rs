//! From a launched letter to the printer's hands, and back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use placet_domain::audience::Filter;
use placet_domain::campaign::{Brief, Remuneration};
use placet_domain::content::{ContentClass, Draft, Format};
use placet_domain::delivery::State;
use placet_domain::id::PersonId;
use placet_domain::instrument::{Evidence, Method};
use placet_domain::operator::{Actor, Role};
use placet_domain::preference::{PreferenceKind, Topic};
use placet_domain::report::Effect;
use placet_domain::review::Verdict;
use placet_domain::settings::{ActorKind, Organization, PrintShop, Printer};
use placet_policy::Engine;
use placet_store::Keys;

use super::*;
use crate::approval::tests::operator;
use crate::desk::{Desk, add_point, refused_as};
use crate::preference::{self, Asked};
use crate::{approval, audience, campaign, content};

const PEOPLE: u8 = 12;

fn organization() -> Organization {
    Organization {
        name: "Harbor Health".to_owned(),
        postal_address: "1 Harbor Street, Springfield, OH 43604".to_owned(),
        actor: ActorKind::CoveredProvider,
        time_zone: "America/New_York".to_owned(),
    }
}

fn shop() -> PrintShop {
    PrintShop {
        role: Printer::MailHouse,
        name: "Lake Mail House".to_owned(),
        is_baa_on_file: true,
        country: "US".to_owned(),
        return_name: String::new(),
        return_address: String::new(),
        removal_phone: "800-555-0142".to_owned(),
    }
}

fn letter(format: Format) -> Draft {
    Draft {
        class: ContentClass::OwnServiceInformation,
        topic: Topic::Services,
        channel: Channel::Postal,
        format,
        subject: "Our new building".to_owned(),
        preheader: String::new(),
        body: "Dear {{first_name|neighbor}},\n\nwe have moved to **Harbor Street**.\n\n- Parking is free\n- The bus stops here".to_owned(),
        text: String::new(),
    }
}

struct World {
    desk: Desk,
    campaign: CampaignId,
}

fn person(n: u8) -> PersonId {
    PersonId::from([n; 16])
}

impl World {
    /// Twelve people with an address, and a launched campaign of this format.
    fn launched(format: Format) -> Self {
        let desk = Desk::new();
        for n in 1..=PEOPLE {
            desk.add_person(n, "Ada", "Moss", &format!("p{n}@example.org"));
            let address = format!("{n} Oak Street, Apt {n}, Toledo, OH 43604");
            desk.act(-200 + i64::from(n), move |tx, ctx| {
                add_point(tx, ctx, person(n), Channel::Postal, &address)?;
                tx.record(Entry::new("contact_point.added").about(person(n)));
                Ok(())
            })
            .unwrap();
        }
        desk.act(0, |tx, ctx| {
            settings::set_organization(tx, ctx, &organization())?;
            settings::set_print(tx, ctx, &shop())?;
            settings::arm(tx, ctx)
        })
        .unwrap();
        let engine = Engine::builtin();
        let draft = letter(format);
        let tier = draft.tier();
        let version = desk
            .act_as(operator(20, &[Role::Marketing]), 1, move |tx, ctx| {
                let version = content::create(tx, ctx, &engine, "Moved", &draft)?;
                approval::submit(tx, ctx, &engine, version.id)?;
                Ok(version.id)
            })
            .unwrap();
        for (number, role) in (21_u8..).zip(tier.row().approvers) {
            let minute = i64::from(number) - 19;
            desk.act_as(operator(number, &[*role]), minute, move |tx, ctx| {
                approval::judge(tx, ctx, version, *role, Verdict::Approve, "")
            })
            .unwrap();
        }
        let engine = Engine::builtin();
        let campaign = desk
            .act_as(operator(1, &[Role::Marketing]), 10, move |tx, ctx| {
                let everybody = audience::create(tx, ctx, "Everybody", Filter::default())?;
                let brief = Brief {
                    name: "Moved".to_owned(),
                    version,
                    audience: everybody.id,
                    purpose: "own_service_announcement".to_owned(),
                    remuneration: Remuneration::NONE,
                    sender_name: String::new(),
                    sender: String::new(),
                };
                let made = campaign::create(tx, ctx, &brief)?;
                campaign::launch(tx, ctx, &engine, made.id, u64::from(PEOPLE))?;
                Ok(made.id)
            })
            .unwrap();
        Self { desk, campaign }
    }

    fn with<T, F>(&self, n: i64, mut f: F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx, &Deciding<'_>) -> Result<T, ActError> + Send + 'static,
    {
        let (engine, keys) = (Engine::builtin(), Keys::from_master([7; 32]));
        let who = operator(5, &[Role::Marketing]);
        self.desk.act_as(who, n, move |tx, ctx| {
            let with = Deciding {
                engine: &engine,
                keys: &keys,
                public_url: "https://news.harbor.example",
            };
            f(tx, ctx, &with)
        })
    }

    fn close(&self, n: i64, most: u32) -> Result<Closed, ActError> {
        let campaign = self.campaign;
        self.with(n, move |tx, ctx, with| close(tx, ctx, with, campaign, most))
    }

    fn decide_again(&self, n: i64, batch: BatchId) -> Result<Closed, ActError> {
        self.with(n, move |tx, ctx, with| decide_again(tx, ctx, with, batch))
    }

    fn take(&self, n: i64, batch: BatchId, file: File) -> Result<Taken, ActError> {
        self.with(n, move |tx, ctx, with| take(tx, ctx, with, batch, file))
    }

    fn hand_over(&self, n: i64, batch: BatchId, revision: u32, on: &str) -> Result<u64, ActError> {
        let on = on.parse().unwrap();
        self.with(n, move |tx, ctx, _| hand_over(tx, ctx, batch, revision, on))
    }

    /// The person wants no more post.
    fn refuse(&self, n: i64, who: u8) {
        self.desk
            .act_as(Actor::Person, n, move |tx, ctx| {
                let asked = Asked {
                    kind: PreferenceKind::Unsubscribe,
                    channel: Some(Channel::Postal),
                    topic: None,
                    wording: None,
                    at: ctx.now,
                    method: Method::SignedLink,
                    evidence: Evidence::from_source("page"),
                };
                preference::record(tx, ctx, person(who), asked).map(drop)
            })
            .unwrap();
    }

    fn count(&self, state: State) -> u64 {
        let campaign = self.campaign;
        let read = move |tx: &mut Tx| campaigns::tally(tx, campaign);
        let tally = self
            .desk
            .store
            .read_blocking::<_, _, placet_store::StoreError>(read)
            .unwrap();
        tally.of(state)
    }
}

/// S180: a campaign by post respects what people said of post, up to the moment it is printed.
#[test]
fn s180_whoever_refuses_post_after_the_launch_is_not_printed() {
    let world = World::launched(Format::Letter);
    world.refuse(11, 3);
    let closed = world.close(20, 5_000).unwrap();
    assert_eq!((closed.n_pieces, closed.n_refused), (11, 1));
    assert_eq!(world.count(State::Batched), 11);
    assert_eq!(world.count(State::Refused), 1);
    refused_as(world.close(21, 5_000), "print.nobody");
    let kinds = world.desk.kinds_about(person(4));
    assert!(kinds.contains(&"decision.made".to_owned()));
    assert!(kinds.contains(&"delivery.batched".to_owned()));
}

#[test]
fn files_are_taken_while_answers_are_fresh_and_are_the_same_bytes() {
    let world = World::launched(Format::Letter);
    let batch = world.close(20, 5_000).unwrap().batch.unwrap();
    let taken = world.take(21, batch, File::Pieces).unwrap();
    let pdf = taken.make(File::Pieces).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    assert_eq!(pdf, taken.make(File::Pieces).unwrap());
    let again = world.take(22, batch, File::Pieces).unwrap();
    assert_eq!(pdf, again.make(File::Pieces).unwrap());
    assert!(
        world
            .desk
            .kinds_about(person(4))
            .contains(&"print.taken".to_owned())
    );
    let list = world.take(23, batch, File::List).unwrap();
    let list = String::from_utf8(list.make(File::List).unwrap()).unwrap();
    assert_eq!(list.lines().count(), 13);
    assert!(list.contains("Ada Moss,1 Oak Street,Apt 1,\"Toledo, OH 43604\""));
    refused_as(world.take(31, batch, File::Pieces), "print.stale");
}

#[test]
fn somebody_who_says_no_after_the_batch_was_closed_is_taken_out_of_it() {
    let world = World::launched(Format::Letter);
    let batch = world.close(20, 5_000).unwrap().batch.unwrap();
    world.take(21, batch, File::Pieces).unwrap();
    world.take(22, batch, File::List).unwrap();
    world.refuse(23, 7);
    refused_as(world.take(23, batch, File::Pieces), "print.changed");
    // One message a day is all that anybody gets, and their own piece is not a second one.
    let again = world.decide_again(24, batch).unwrap();
    assert_eq!((again.n_pieces, again.n_refused), (11, 1));
    refused_as(
        world.hand_over(25, batch, 1, "2026-07-01"),
        "print.other_revision",
    );
    refused_as(
        world.hand_over(25, batch, 2, "2026-07-01"),
        "print.not_taken",
    );
    let list = world.take(26, batch, File::List).unwrap();
    let list = String::from_utf8(list.make(File::List).unwrap()).unwrap();
    assert!(!list.contains("7 Oak Street"), "they are not in it");
}

#[test]
fn what_is_handed_over_is_sent_and_cannot_be_taken_again() {
    let world = World::launched(Format::Letter);
    let batch = world.close(20, 5_000).unwrap().batch.unwrap();
    world.take(21, batch, File::Pieces).unwrap();
    world.take(22, batch, File::List).unwrap();
    assert!(world.hand_over(22, batch, 1, "2026-06-30").is_err());
    assert_eq!(world.hand_over(23, batch, 1, "2026-07-01").unwrap(), 12);
    assert_eq!(world.count(State::Sent), 12);
    refused_as(world.take(24, batch, File::Pieces), "print.over");
    refused_as(world.decide_again(24, batch), "print.over");
    refused_as(
        world.with(24, move |tx, ctx, _| undo(tx, ctx, batch)),
        "print.over",
    );
    assert!(
        world
            .desk
            .kinds_about(person(2))
            .contains(&"delivery.sent".to_owned())
    );
}

#[test]
fn an_undone_batch_lets_its_people_wait_and_a_part_leaves_the_rest_waiting() {
    let world = World::launched(Format::Letter);
    let first = world.close(20, 5).unwrap();
    assert_eq!(first.n_pieces, 5);
    assert_eq!(world.count(State::Pending), 7);
    let batch = first.batch.unwrap();
    let n = world
        .with(21, move |tx, ctx, _| undo(tx, ctx, batch))
        .unwrap();
    assert_eq!((n, world.count(State::Pending)), (5, 12));
    let second = world.close(22, 5_000).unwrap();
    assert_eq!(second.n_pieces, 12);
    let campaign = world.campaign;
    let all = world
        .with(23, move |tx, _, _| {
            tx.record(Entry::new("test"));
            list(tx, campaign)
        })
        .unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[1].stand.end, Some(End::Undone));
}

#[test]
fn a_stopped_campaign_gives_no_files() {
    let world = World::launched(Format::Letter);
    let batch = world.close(20, 5_000).unwrap().batch.unwrap();
    let campaign = world.campaign;
    world
        .desk
        .act(21, move |tx, ctx| campaign::stop(tx, ctx, campaign, ""))
        .unwrap();
    refused_as(world.take(22, batch, File::Pieces), "campaign.stopped");
    refused_as(world.decide_again(22, batch), "campaign.stopped");
    refused_as(world.close(22, 10), "campaign.stopped");
}

#[test]
fn a_piece_that_came_back_closes_the_address() {
    let world = World::launched(Format::Letter);
    let batch = world.close(20, 5_000).unwrap().batch.unwrap();
    let code = world
        .with(20, move |tx, _, _| {
            tx.record(Entry::new("test"));
            Ok(view(tx, batch)?.batch.code)
        })
        .unwrap();
    let typed = placet_domain::print::piece_code(&code, 3);
    let back =
        |n, typed: String, why| world.with(n, move |tx, ctx, _| returned(tx, ctx, &typed, why));
    // Not before it left.
    assert!(back(21, typed.clone(), Returned::Moved).is_err());
    world.take(22, batch, File::Pieces).unwrap();
    world.take(23, batch, File::List).unwrap();
    world.hand_over(24, batch, 1, "2026-07-01").unwrap();
    let taken = back(25, typed.clone(), Returned::Moved).unwrap();
    assert_eq!(taken.effect, Effect::Suppressed);
    assert!(back(26, typed, Returned::Moved).unwrap().was_known);
    let refused_by = placet_domain::print::piece_code(&code, 4);
    let taken = back(27, refused_by, Returned::Refused).unwrap();
    assert_eq!(taken.effect, Effect::OptedOut);
    assert!(back(28, "K7QF2-0001".to_owned(), Returned::Moved).is_err());
}

#[test]
fn a_return_address_that_names_a_department_is_refused() {
    let desk = Desk::new();
    let bad = PrintShop {
        return_name: "Harbor HIV Clinic".to_owned(),
        ..shop()
    };
    let set = desk.act(0, move |tx, ctx| settings::set_print(tx, ctx, &bad));
    assert!(matches!(set, Err(ActError::Invalid(_))), "{set:?}");
    let named = Organization {
        name: "Harbor Cancer Center".to_owned(),
        ..organization()
    };
    desk.act(1, move |tx, ctx| {
        settings::set_organization(tx, ctx, &named)?;
        settings::set_print(tx, ctx, &shop())
    })
    .unwrap();
    let set = desk
        .store
        .read_blocking::<_, _, placet_store::StoreError>(settings::load)
        .unwrap();
    assert!(settings::obstacle_of(&set, Channel::Postal).is_some());
}

#[test]
fn a_card_has_two_pages_with_bleed_and_a_letter_one() {
    let pages = |format| {
        let rendered = content::render(&letter(format)).unwrap();
        proof(format, &rendered, &content::samples(&letter(format))).unwrap()
    };
    let letter = pages(Format::Letter);
    assert_eq!((letter.len(), letter[0].trim), (1, (612.0, 792.0)));
    for (format, trim) in [
        (Format::SmallCard, (432.0, 306.0)),
        (Format::LargeCard, (648.0, 432.0)),
    ] {
        let card = pages(format);
        assert_eq!((card.len(), card[0].trim, card[0].bleed), (2, trim, 9.0));
    }
}

/// Only what stands in the window's always-visible part, and the letterhead above it, may be
/// near it: words of the letter never show through.
#[test]
fn nothing_but_the_address_shows_in_the_window() {
    let long = Draft {
        body: "Words. ".repeat(900),
        ..letter(Format::Letter)
    };
    let rendered = content::render(&long).unwrap();
    let pages = proof(Format::Letter, &rendered, &content::samples(&long)).unwrap();
    assert!(pages.len() > 1);
    let in_window = |mark: &&paper::Mark| match mark {
        paper::Mark::Words { x, y, .. } => *x < 388.0 && (146.0..=262.0).contains(y),
        paper::Mark::Box { .. } => false,
    };
    let shown: Vec<&str> = pages[0]
        .marks
        .iter()
        .filter(in_window)
        .map(|mark| match mark {
            paper::Mark::Words { text, .. } => text.as_str(),
            paper::Mark::Box { .. } => "",
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Alex Example",
            "1 Example Street",
            "Springfield, OH 43604",
            "PR23F-0001"
        ]
    );
    let too_long = Draft {
        body: "Words and more words. ".repeat(1_000),
        ..letter(Format::Letter)
    };
    assert!(
        !content::check(
            &Engine::builtin(),
            placet_policy::Profile::Conservative,
            &too_long
        )
        .is_empty()
    );
}

#[test]
fn erasing_a_person_makes_their_piece_impossible() {
    let world = World::launched(Format::Letter);
    let batch = world.close(20, 5_000).unwrap().batch.unwrap();
    world
        .desk
        .act(21, |tx, _| {
            tx.destroy_key(person(5))?;
            tx.record(Entry::new("person.erased").about(person(5)));
            Ok(())
        })
        .unwrap();
    refused_as(world.take(22, batch, File::Pieces), "print.changed");
    let again = world.decide_again(23, batch).unwrap();
    assert_eq!(again.n_pieces, 11);
}
