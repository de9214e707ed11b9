//! The outbox and its worker: real store, real gate, real SMTP, on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod core;
mod faults;
mod outbox;
mod staff;
mod stage;
mod texts;

/// Each behaviour becomes one test an engine.
macro_rules! on_both {
    ($($room:ident :: $behaviour:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $behaviour() { super::$room::$behaviour(super::stage::Kind::Sqlite); })+
        }
        mod postgres {
            $(#[test] fn $behaviour() {
                if placet_testing::postgres::server().is_some() {
                    super::$room::$behaviour(super::stage::Kind::Postgres);
                }
            })+
        }
    };
}

on_both! {
    staff::overlapping_mailers_tell_everybody_once,
    staff::an_answer_that_is_lost_is_unknown_and_never_sent_again,
    staff::a_carrier_that_is_away_loses_nothing,
    outbox::a_claim_takes_as_many_as_asked_and_each_once,
    outbox::a_claimed_message_is_whole,
    outbox::a_bounce_of_each_message_has_its_own_way_back,
    outbox::every_answer_has_its_state,
    outbox::temporary_refusals_are_tried_again_ever_later_and_then_fail,
    outbox::a_try_that_never_left_does_not_count,
    outbox::who_refuses_between_launch_and_claim_is_not_sent_to,
    outbox::a_stopped_campaign_and_disarmed_sending_claim_nothing,
    outbox::no_more_are_claimed_than_the_pace_allows,
    outbox::outside_the_hours_nobody_is_claimed,
    outbox::a_version_that_is_not_rendered_is_asked_for,
    outbox::what_a_dead_worker_held_is_unknown_and_never_sent_by_itself,
    outbox::a_claim_without_a_lease_is_named_too,
    outbox::a_worker_taken_for_dead_settles_its_own_all_the_same,
    outbox::nobody_settles_what_another_worker_holds,
    outbox::a_person_settles_an_unknown,
    outbox::a_clock_that_goes_back_neither_doubles_nor_starves,
    outbox::a_dead_workers_claims_are_named_although_the_clock_went_back,
    outbox::a_permit_from_before_the_clock_went_back_sends_nothing,
    outbox::a_message_that_differs_from_its_decision_is_not_sent,
    outbox::a_full_disk_loses_no_answer_and_claims_nobody,
    outbox::claims_nobody_heard_of_are_given_back,
    faults::everybody_is_sent_to_once,
    faults::two_workers_at_once_share_the_work,
    faults::the_stop_button_works_within_one_claim,
    faults::a_relay_full_of_faults_loses_and_doubles_nobody,
    faults::death_at_any_commit_loses_and_doubles_nobody,
    faults::a_disk_that_is_full_for_a_while_only_delays,
    faults::a_relay_that_is_away_costs_time_only,
    faults::a_campaign_that_everybody_is_refused_of_is_stopped,
    texts::everybody_is_texted_once,
    texts::each_channel_goes_to_its_own_line,
    texts::a_provider_full_of_faults_loses_and_doubles_nobody,
    texts::a_provider_that_does_not_know_us_gets_nothing,
    texts::a_number_that_is_none_is_closed,
    texts::nobody_is_texted_at_night,
}
