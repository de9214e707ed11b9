use proptest::prelude::*;

use super::*;
use crate::id::RawId;

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(second)
}

fn asked(kind: PreferenceKind, channel: Option<Channel>, topic: Option<Topic>) -> Preference {
    Preference {
        id: PreferenceId::from(RawId::at(at(10), [1; 10])),
        person: PersonId::from(RawId::at(at(1), [2; 10])),
        kind,
        channel,
        topic,
        wording: None,
        asked_at: at(10),
        method: Method::SignedLink,
        evidence: Evidence::from_source("patient_page"),
        recorded_at: at(10),
        recorded_by: "person".into(),
        lifted: None,
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_preference_objects_to_what_it_names_and_to_nothing_else() {
    use Channel as C; use PreferenceKind as K; use Topic as T;
    //    asked                                                 message                       objects
    check(K::Unsubscribe,  Some(C::Email),  Some(T::Events),    C::Email, T::Events,          true);
    check(K::Unsubscribe,  Some(C::Email),  Some(T::Events),    C::Email, T::Services,        false);
    check(K::Unsubscribe,  Some(C::Email),  Some(T::Events),    C::Sms,   T::Events,          false);
    check(K::Unsubscribe,  Some(C::Email),  None,               C::Email, T::Services,        true);
    check(K::Unsubscribe,  Some(C::Email),  None,               C::Email, T::CareReminders,   false);
    check(K::Unsubscribe,  Some(C::Email),  Some(T::CareReminders), C::Email, T::CareReminders, true);
    check(K::Unsubscribe,  None,            None,               C::Sms,   T::Surveys,         true);
    check(K::Stop,         Some(C::Sms),    None,               C::Sms,   T::CareReminders,   true);
    check(K::Stop,         Some(C::Sms),    None,               C::Email, T::Services,        false);
    check(K::FundraisingOptout, None,       None,               C::Postal, T::Fundraising,    true);
    check(K::FundraisingOptout, None,       None,               C::Postal, T::Services,       false);
    check(K::ChannelChoice, Some(C::Email), None,               C::Sms,   T::Services,        true);
    check(K::ChannelChoice, Some(C::Email), None,               C::Email, T::Services,        false);
    check(K::ConfidentialCommunication, Some(C::Postal), None,  C::Email, T::CareReminders,   true);
    check(K::NationalDnc,  None,            None,               C::VoiceLive, T::Services,    true);
    check(K::NationalDnc,  None,            None,               C::Email, T::Services,        false);
    check(K::Restriction,  None,            None,               C::Email, T::Services,        true);
}

#[track_caller]
fn check(
    kind: PreferenceKind,
    channel: Option<Channel>,
    topic: Option<Topic>,
    by: Channel,
    about: Topic,
    expected: bool,
) {
    assert_eq!(asked(kind, channel, topic).objects_to(by, about), expected);
}

#[test]
#[rustfmt::skip] // A table.
fn only_a_later_act_of_the_person_lifts() {
    //    who                                                 then
    lift(Lift::ByImport,                                      Err(LiftRefused::Import));
    lift(Lift::ByPerson { at: at(11) },                       Ok(at(11)));
    lift(Lift::ByPerson { at: at(10) },                       Err(LiftRefused::NotNewer { evidence: at(10), asked: at(10) }));
    lift(Lift::ByOperator { acted_at: at(11), at: at(30) },   Ok(at(30)));
    lift(Lift::ByOperator { acted_at: at(9), at: at(30) },    Err(LiftRefused::NotNewer { evidence: at(9), asked: at(10) }));
    lift(Lift::ByOperator { acted_at: at(31), at: at(30) },   Err(LiftRefused::InFuture(at(31))));
}

#[track_caller]
fn lift(lift: Lift, expected: Result<Timestamp, LiftRefused>) {
    assert_eq!(
        lift.allows(&asked(PreferenceKind::Unsubscribe, None, None)),
        expected
    );
}

#[test]
fn a_registry_listing_is_not_lifted_by_anybody_here() {
    let listed = asked(PreferenceKind::NationalDnc, None, None);
    assert!(Lift::ByPerson { at: at(99) }.allows(&listed).is_err());
}

#[test]
fn what_was_lifted_stood_until_then() {
    let mut preference = asked(PreferenceKind::Unsubscribe, None, None);
    preference.lifted = Some(Lifted {
        at: at(20),
        method: Method::SignedLink,
        by: "person".into(),
    });
    // The clock went back behind it.
    assert!(preference.stands_at(at(9)));
    assert!(preference.stands_at(at(10)));
    assert!(preference.stands_at(at(19)));
    assert!(!preference.stands_at(at(20)));
    assert_eq!(
        Lift::ByPerson { at: at(30) }.allows(&preference),
        Err(LiftRefused::Already)
    );
}

proptest! {
    /// Threat 15: whatever was asked, an import does not undo it.
    #[test]
    fn an_import_never_lifts(kind in 0..PreferenceKind::ALL.len(), second in 0_i64..10_000) {
        let kind = PreferenceKind::ALL.get(kind).copied().unwrap_or(PreferenceKind::Stop);
        let mut preference = asked(kind, None, None);
        preference.asked_at = at(second);
        prop_assert_eq!(Lift::ByImport.allows(&preference), Err(LiftRefused::Import));
    }

    /// A further refusal never takes another one's place.
    #[test]
    fn wider_preferences_object_to_more(kind in 0..PreferenceKind::ALL.len(), channel in 0_usize..4, topic in 0_usize..6) {
        let kind = PreferenceKind::ALL.get(kind).copied().unwrap_or(PreferenceKind::Stop);
        prop_assume!(!matches!(kind, PreferenceKind::ChannelChoice | PreferenceKind::ConfidentialCommunication));
        let (Some(channel), Some(topic)) = (Channel::ALL.get(channel).copied(), Topic::ALL.get(topic).copied()) else {
            return Ok(());
        };
        let narrow = asked(kind, Some(channel), Some(topic)).objects_to(channel, topic);
        let wide = asked(kind, None, Some(topic)).objects_to(channel, topic);
        prop_assert!(wide || !narrow);
    }
}

#[test]
fn s48_choices_are_made_per_channel_and_topic() {
    assert_eq!(Choice::all().count(), Channel::ALL.len() * Topic::ALL.len());
}
