//! The contract of the store: every behaviour runs on SQLite and on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

mod contract {
    pub(crate) mod acts;
    pub(crate) mod backups;
    pub(crate) mod calls;
    pub(crate) mod campaigns;
    pub(crate) mod contents;
    pub(crate) mod data;
    pub(crate) mod deliveries;
    pub(crate) mod flows;
    pub(crate) mod harness;
    pub(crate) mod imports;
    pub(crate) mod journeys;

    pub(crate) mod ledger;
    pub(crate) mod measures;
    pub(crate) mod opening;
    pub(crate) mod operators;
    pub(crate) mod people;
    pub(crate) mod plans;
    pub(crate) mod print;
    pub(crate) mod reports;
    pub(crate) mod rule_packs;
    pub(crate) mod seals;
    pub(crate) mod servers;
    pub(crate) mod staff_mail;
    pub(crate) mod statements;
    pub(crate) mod triggers;
    pub(crate) mod values;
    pub(crate) mod verify;
}

use contract::{
    acts, backups, calls, campaigns, contents, data, deliveries, flows, harness, imports, journeys,
    ledger, measures, opening, operators, people, plans, print, reports, rule_packs, seals,
    servers, staff_mail, statements, triggers, values, verify,
};

/// Each behaviour becomes a module with one test an engine.
macro_rules! contract {
    ($($room:ident :: $behaviour:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $behaviour() { super::$room::$behaviour(super::harness::Kind::Sqlite); })+
        }
        mod postgres {
            $(#[test] fn $behaviour() { super::$room::$behaviour(super::harness::Kind::Postgres); })+
        }
    };
}

contract! {
    values::values_come_back_as_they_went_in,
    values::parameters_are_bound_by_their_number,
    values::sums_counts_and_null_are_read_alike,
    values::a_row_of_another_kind_is_corrupt_and_named,
    acts::an_act_is_kept_with_its_entry,
    acts::an_act_that_writes_without_an_entry_is_not_kept,
    acts::a_refused_act_leaves_nothing,
    acts::a_panic_costs_one_act,
    acts::a_failed_statement_loses_the_act_even_when_it_goes_on,
    acts::a_taken_key_is_a_conflict,
    acts::append_only_rows_stay,
    acts::a_read_sees_one_moment_and_cannot_write,
    acts::acts_from_many_threads_are_all_kept,
    acts::acts_that_collide_are_run_again,
    acts::acts_run_from_tasks,
    acts::a_full_disk_fails_the_act_and_the_next_one_succeeds,
    acts::a_disk_that_is_really_full_costs_nothing_kept,
    acts::an_entry_id_is_used_once,
    acts::a_crash_before_the_commit_keeps_nothing,
    acts::a_crash_after_the_commit_keeps_everything,
    data::sources_are_classified_in_versions_that_are_signed_once,
    data::elements_that_are_not_what_was_signed_are_corrupt,
    data::checks_and_determinations_are_kept_with_their_end,
    flows::a_flow_keeps_its_versions_agreements_stops_and_runs,
    flows::a_file_that_is_not_what_was_agreed_to_is_corrupt,
    flows::drops_are_added_up_by_path_and_day,
    servers::a_server_comes_back_as_it_is_reached_now,
    servers::a_key_of_a_server_signs_between_two_turns,
    servers::a_fetch_goes_from_stage_to_stage_in_one_hand,
    seals::what_is_sealed_opens_in_its_place_only,
    seals::an_erased_person_cannot_be_opened_or_sealed_again,
    seals::a_key_made_by_a_refused_act_is_forgotten,
    seals::another_master_key_is_refused,
    ledger::entries_have_their_places_and_bytes,
    ledger::the_tree_is_that_of_the_entries,
    ledger::a_checkpoint_is_signed_when_there_is_news,
    ledger::any_entry_has_a_receipt_that_a_stranger_can_check,
    ledger::the_log_goes_on_after_a_restart,
    ledger::two_processes_extend_one_log,
    ledger::a_broken_chain_takes_no_more_acts,
    measures::a_data_set_comes_back_until_it_is_destroyed,
    measures::a_run_waits_runs_and_ends_once,
    measures::an_abandoned_run_is_found_when_its_lease_ended,
    measures::a_run_measures_a_campaign_until_somebody_says_otherwise,
    measures::what_was_asked_and_found_cannot_be_changed,
    measures::noisy_counts_add_up_by_year_and_the_most_precise_is_found,
    measures::sums_are_counted_by_period_and_state,
    backups::a_backup_is_restored_to_either_engine_disarmed,
    backups::nothing_is_overwritten,
    backups::a_damaged_copy_is_refused_and_named,
    backups::a_backup_of_a_busy_store_verifies,
    opening::nothing_is_created_unless_asked,
    opening::a_schema_of_another_version_is_refused,
    opening::a_foreign_database_is_left_alone,
    opening::an_address_that_cannot_be_used_says_why,
    statements::every_statement_is_understood,
    operators::an_operator_comes_back_as_added_and_a_login_is_taken_once,
    operators::roles_are_given_once_taken_and_counted,
    operators::sessions_are_found_ended_and_forgotten,
    operators::a_throttle_is_replaced_and_forgotten_without_an_entry,
    operators::a_token_comes_back_with_its_scopes_and_is_revoked_once,
    operators::a_setting_takes_the_place_of_the_one_before,
    operators::a_request_is_noted_once_and_answered_later,
    staff_mail::an_operator_is_told_once_and_a_mail_has_one_worker,
    verify::a_log_that_nobody_touched_is_sound,
    verify::a_changed_entry_is_named,
    verify::a_changed_column_is_named,
    contents::versions_come_back_as_they_were_saved,
    contents::a_version_number_is_given_once,
    contents::versions_and_verdicts_only_grow,
    contents::a_version_is_submitted_once_and_judged_once_a_role,
    contents::what_is_confirmed_comes_back,
    contents::an_absence_ends_by_its_day_or_by_a_word,
    contents::remarks_and_conditions_end_by_a_row_of_their_own,
    contents::a_filling_knows_its_template,
    contents::a_claim_is_approved_once_a_role_and_taken_back_once,
    campaigns::audiences_and_campaigns_come_back_as_they_were_saved,
    campaigns::a_launch_writes_a_waiting_delivery_a_person_once,
    campaigns::the_newest_hold_comes_first,
    campaigns::people_are_read_in_chunks_to_the_last,
    deliveries::a_delivery_goes_from_waiting_to_its_answer,
    deliveries::only_the_claimer_settles_and_evidence_that_comes_late_counts,
    deliveries::an_unknown_is_resolved_by_a_person_once,
    deliveries::what_waits_is_listed_in_order_until_it_is_due,
    deliveries::two_workers_never_claim_one_delivery,
    deliveries::leases_tell_the_dead_and_a_clock_that_went_back,
    deliveries::imports_end_once,
    imports::a_run_ends_once_and_the_newest_is_listed_first,
    imports::a_person_moves_to_another_source_unless_its_id_is_taken,
    imports::many_rows_of_a_kind_are_added_together,
    imports::many_newcomers_are_added_and_met_together,
    imports::a_person_is_found_by_the_new_name_only,
    people::a_person_comes_back_as_they_were_added,
    people::an_update_changes_facts_and_keeps_the_person,
    people::people_are_found_by_words_dates_and_addresses,
    people::contact_points_in_use_come_newest_first,
    people::an_appointment_takes_over_its_new_state,
    people::a_link_is_waited_for_until_it_is_settled,
    people::instruments_come_back_newest_first_with_the_hash_of_their_row,
    people::an_instrument_ends_once_and_keeps_its_hash,
    people::a_changed_instrument_has_another_hash,
    people::preferences_come_back_newest_first_and_are_lifted_once,
    people::a_suppression_is_found_by_the_hash_of_the_address_alone,
    plans::the_newest_plan_counts_and_a_pace_is_kept,
    plans::the_last_split_and_the_last_outcome_of_an_instant_count,
    plans::a_signing_key_comes_back_with_its_secret_while_it_is_used,
    calls::a_try_is_opened_once_and_ends_once,
    print::a_batch_keeps_its_pieces_and_what_became_of_them,
    journeys::a_journey_keeps_its_versions_and_what_was_said_of_them,
    journeys::a_person_enters_a_journey_once_and_is_in_one_place,
    journeys::a_task_of_a_journey_ends_once_and_its_note_is_sealed,
    journeys::signals_and_the_walk_over_an_audience_come_back,
    triggers::a_trigger_keeps_its_versions_and_compliances_word,
    triggers::an_event_is_taken_note_of_once_and_settled_once,
    triggers::a_trigger_sends_to_one_person_once_an_event,
    triggers::the_clock_finds_what_no_trigger_took_note_of,
    reports::a_report_is_kept_once_and_counted,
    reports::closed_addresses_are_counted_by_cause,
    people::wordings_are_kept_in_every_version,
    people::decisions_open_for_whoever_holds_the_key_and_prove_themselves,
    rule_packs::rules_are_kept_once_by_their_hash,
    rule_packs::rules_that_are_not_what_was_kept_are_corrupt,
}
