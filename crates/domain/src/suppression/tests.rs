use super::*;
use crate::id::RawId;

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(second)
}

fn placed(second: i64) -> Suppression {
    Suppression {
        id: SuppressionId::from(RawId::at(at(second), [3; 10])),
        lookup: vec![7; 32],
        channel: Channel::Email,
        cause: Cause::Unsubscribe,
        placed_at: at(second),
        placed_by: "person".into(),
        lifted_at: None,
    }
}

#[test]
fn it_stands_until_its_lifting_also_on_a_clock_that_went_back() {
    let mut suppression = placed(10);
    assert!(suppression.stands_at(at(9)));
    assert!(suppression.stands_at(at(10)));
    suppression.lifted_at = Some(at(20));
    assert!(suppression.stands_at(at(19)));
    assert!(!suppression.stands_at(at(20)));
}

#[test]
#[rustfmt::skip] // A table.
fn a_file_never_opens_an_address() {
    //    who                                                    opens
    check(Lift::ByImport,                                        false);
    check(Lift::ByPerson { at: at(11) },                         true);
    check(Lift::ByOperator { acted_at: at(11), at: at(12) },     true);
    check(Lift::ByOperator { acted_at: at(10), at: at(12) },     false);
    check(Lift::ByOperator { acted_at: at(13), at: at(12) },     false);
}

#[track_caller]
fn check(lift: Lift, expected: bool) {
    assert_eq!(placed(10).may_be_lifted(lift), expected);
}

#[test]
fn an_unsubscribe_leaves_care_reminders_alone_and_a_stop_does_not() {
    assert!(!Cause::Unsubscribe.is_total());
    assert!(Cause::Stop.is_total());
    assert!(Cause::HardBounce.is_total());
}
