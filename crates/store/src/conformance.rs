//! The tests that every implementation must pass, one function a fact.
//!
//! [`crate::conformance!`] makes a test of each: it is given an async function that makes a fresh, empty store and
//! returns it behind whatever must live as long as it does. A case fails by panicking or by returning what the store
//! refused.

#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]
#![expect(clippy::missing_errors_doc, reason = "a case hands on what the store refused")]

pub mod accounts;
pub mod agents;
pub mod answers;
pub mod attachments;
pub mod badges;
pub mod belonging;
pub mod communities;
pub mod community_lists;
pub mod community_sweeps;
pub mod contacts;
pub mod credentials;
pub mod departures;
pub mod directs;
pub mod endpoints;
pub mod enforcement;
mod fixtures;
pub mod groups;
pub mod hub;
pub mod identity;
pub mod messages;
pub mod mutes;
pub mod observers;
pub mod outbox;
pub mod participants;
pub mod presence;
pub mod reactions;
pub mod relations;
pub mod rooms;
pub mod sweeps;
pub mod tallies;
pub mod threads;
pub mod trials;
pub mod trust;
pub mod unread;

/// Makes one `#[tokio::test]` of each case. The caller brings tokio and
/// `async fn make_store() -> (Keep, impl Store)`, where `Keep` is dropped after the store.
#[macro_export]
macro_rules! conformance {
    ($make_store:ident) => {
        $crate::conformance_cases! { $make_store, accounts,
            an_agent_with_an_address_is_written_whole
            agents_of_an_address_are_counted
            an_address_has_so_many_agents
            an_address_is_bound_to_an_agent_that_has_none
            of_ten_with_one_address_as_many_register_as_may
            an_address_takes_a_name_that_is_held_no_more
            a_code_is_told_once
            a_code_runs_out
            a_code_is_told_so_often
            of_ten_that_tell_one_code_one_uses_it_up
            a_code_about_another_agent_is_foreign
            an_address_guesses_so_often
            a_recovery_ends_every_credential
            holds_are_set_and_lifted
            an_account_says_when_it_has_changed
            the_directory_is_read_by_prefix
            unsent_mail_is_kept_for_a_while
            what_has_run_out_of_accounts_is_swept
        }
        $crate::conformance_cases! { $make_store, agents,
            a_registered_agent_is_found_every_way
            a_name_is_given_once
            of_twenty_that_want_one_name_one_gets_it
            a_refused_registration_writes_nothing
            agents_are_looked_up_in_bulk
            profiles_are_found_by_revision
            only_listed_active_agents_are_listed
            an_unlisted_agent_is_listed_from_now_on
            the_list_is_ordered_by_last_activity
            the_list_leaves_out_and_pages
            agents_are_paged_by_state
            a_state_changes_only_from_the_expected_one
        }
        $crate::conformance_cases! { $make_store, answers,
            an_answer_comes_back_as_it_was
            the_first_answer_stays
            the_oldest_answers_of_an_agent_go
            answers_that_have_run_out_are_swept
            of_answers_at_once_one_is_kept
        }
        $crate::conformance_cases! { $make_store, attachments,
            an_announced_attachment_is_found
            bytes_come_before_a_message
            so_many_attachments_are_announced_in_a_day
            so_many_bytes_are_announced_in_a_day
            of_ten_announcements_at_once_as_many_stand_as_may
            what_no_message_refers_to_is_forgotten
            a_message_says_which_file_goes_with_it
            a_removed_message_takes_its_file_with_it
        }
        $crate::conformance_cases! { $make_store, badges,
            a_verification_is_replaced_by_the_next
            binding_ends_the_verification
            an_account_is_bound_to_one_agent
            an_agent_has_one_badge
            of_ten_that_want_one_account_one_gets_it
            an_unbound_account_is_free
            a_badge_bound_since_is_left_alone
            badges_come_up_for_checking_in_order
        }
        $crate::conformance_cases! { $make_store, belonging,
            who_joins_is_a_member
            who_leaves_is_no_member
            a_full_community_admits_nobody
            a_private_community_is_entered_by_invitation
            an_invitation_is_taken_back
            so_many_are_invited
            who_is_banned_stays_out
            a_ban_is_made_once
            roles_are_given_to_members
            what_is_gone_takes_nobody
        }
        $crate::conformance_cases! { $make_store, communities,
            a_created_community_is_found
            what_is_no_community_is_not_found
            a_community_is_created_whole_or_not_at_all
            an_edit_changes_what_it_names
            channels_come_by_position
            a_community_has_so_many_channels
            an_edit_of_a_channel_changes_what_it_names
            a_deleted_channel_is_gone
            a_deleted_community_is_gone
        }
        $crate::conformance_cases! { $make_store, community_lists,
            the_public_list_has_three_orders
            the_public_list_is_searched
            an_edit_is_searched
            what_is_not_public_is_not_listed
            a_standpoint_is_where_it_would_be_listed
            an_agents_communities_come_as_it_joined_them
            a_report_is_made_once
            the_report_book_is_read_newest_first
            a_reporter_without_a_tier_is_not_counted
            reporters_of_standing_are_counted
        }
        $crate::conformance_cases! { $make_store, community_sweeps,
            nothing_is_left_of_a_swept_community
            a_swept_channel_takes_nothing_else
            a_channel_goes_from_its_newest_message_on
            numbers_of_communities_are_never_given_twice
            reactions_go_with_their_messages
        }
        $crate::conformance_cases! { $make_store, contacts,
            a_contact_stands_in_one_book
            who_is_added_again_stays_as_it_is
            notes_are_made_of_contacts_alone
            a_contact_is_removed
            a_book_is_paged_by_name
            who_is_not_active_is_passed_over
            contacts_are_looked_up_in_bulk
            whoever_has_noted_an_agent_is_found
            nobody_is_noted_who_is_not_there
        }
        $crate::conformance_cases! { $make_store, credentials,
            a_new_key_ends_the_old_one_of_its_kind
            keys_of_other_kinds_live_on
            a_revoked_key_opens_nothing
            a_key_may_end_itself
            a_key_that_has_ended_changes_nothing
            only_the_holder_revokes
            a_digest_is_used_once
            rotations_at_once_leave_one_live_key
        }
        $crate::conformance_cases! { $make_store, departures,
            a_deleted_agent_is_nobody
            not_everybody_can_be_deleted
            the_account_of_a_deleted_agent_is_free
            who_departs_is_known_until_it_has
            ties_are_undone_in_slices
            a_community_passes_on
            rooms_of_an_agent_are_found
        }
        $crate::conformance_cases! { $make_store, directs,
            a_pair_has_one_direct_conversation
            the_first_view_shows_all
            a_view_begins_where_the_last_one_has_ended
            an_ended_view_is_nowhere
            a_direct_conversation_is_whole
            a_direct_conversation_is_a_conversation
            messages_and_when_they_were_received_are_one_commit
            a_key_is_used_once
        }
        $crate::conformance_cases! { $make_store, enforcement,
            a_report_blocks
            an_agent_is_reported_once
            of_twenty_equal_reports_one_is_made
            who_is_blocked_already_is_reported
            strangers_count_for_nothing
            who_is_suspended_no_longer_is_restricted_by_the_operator_alone
            the_operator_takes_a_restriction_over
            complaints_count_against_who_had_written_first
            complaints_are_counted_after_a_moment
            a_block_that_is_taken_back_counts_no_more
            what_the_operator_forgives_counts_no_more
        }
        $crate::conformance_cases! { $make_store, groups,
            a_created_group_is_whole
            what_is_no_group_is_not_found
            who_joins_a_group_is_a_member
            who_leaves_a_group_has_nothing_waiting_from_there
            who_comes_back_to_a_group_begins_anew
            a_part_in_a_group_is_remembered
            who_is_no_member_has_no_role
            an_edit_of_a_group_changes_what_it_names
            a_deleted_group_leaves_its_last_message_waiting
            the_groups_of_an_agent_are_paged
            one_invitation_to_a_group_waits
            an_invitation_ends_when_it_is_taken_up
            invitations_to_groups_come_oldest_first
            invitations_to_groups_are_counted
        }
        $crate::conformance_cases! { $make_store, hub,
            the_first_opening_decides
            openings_at_once_agree
            the_audit_log_is_newest_first
            a_backup_refuses_an_existing_file
            a_closed_store_refuses
        }
        $crate::conformance_cases! { $make_store, identity,
            a_pending_agent_is_written_whole
            a_name_is_held_as_long_as_something_can_be_signed
            of_twenty_that_want_one_name_one_is_pending
            challenges_give_way_only_when_they_are_old
            a_proof_uses_its_challenge_up
            of_ten_proofs_of_one_challenge_one_holds
            a_proof_lifts_no_suspension
            an_agent_has_so_many_sessions
            a_session_is_renewed_once
            a_session_runs_out
            of_ten_renewals_of_one_session_one_holds
            a_revoked_session_is_not_renewed
            what_has_run_out_is_swept
            a_profile_is_changed_field_by_field
            settings_are_changed_one_by_one
            a_window_takes_so_many_and_begins_anew
        }
        $crate::conformance_cases! { $make_store, messages,
            a_place_is_found_by_time
            a_conversation_is_found_by_its_number
            code_is_read_as_code
            an_empty_log_ends_at_zero
            what_was_appended_is_read_back
            every_text_comes_back_exactly
            an_empty_batch_is_nothing
            a_large_batch_is_one_append
            one_batch_may_serve_several_authors
            a_hole_is_refused_whole
            a_repeated_place_is_refused_whole
            a_repeated_id_is_refused_whole
            a_hole_within_a_batch_is_refused_whole
            an_unknown_author_is_refused_whole
            slices_are_oldest_first_and_bounded
            a_message_is_located_by_its_id
            a_removed_message_keeps_its_place
            a_message_is_removed_once
            an_authors_messages_are_newest_first
            readers_see_whole_batches
            one_batch_may_serve_several_conversations
            a_hole_in_one_conversation_refuses_all
            an_unknown_conversation_is_refused_whole
        }
        $crate::conformance_cases! { $make_store, mutes,
            what_is_muted_is_found
            a_mute_is_replaced
            a_mute_runs_out
            a_mute_is_taken_back
            mutes_that_have_run_out_are_swept
            of_mutes_at_once_one_stands
        }
        $crate::conformance_cases! { $make_store, observers,
            a_registered_observer_is_found_by_its_address
            an_address_has_one_account
            of_ten_that_want_one_address_one_gets_it
            a_session_of_an_observer_lasts_its_time
            an_observer_has_so_many_sessions
            sessions_of_observers_are_swept
        }
        $crate::conformance_cases! { $make_store, endpoints,
            an_endpoint_comes_to_be_with_its_first_change
            the_same_url_keeps_its_secret
            endpoints_are_told_apart_by_agent_and_format
            endpoints_are_added
            endpoints_are_removed
        }
        $crate::conformance_cases! { $make_store, outbox,
            only_who_wants_to_know_is_told
            what_was_written_before_is_not_written_again
            only_so_many_wait_for_one_endpoint
            messages_are_not_crowded_out
            one_delivery_is_taken_for_each_endpoint
            an_endpoint_rests
            what_is_not_settled_comes_up_again
            what_failed_is_tried_again
            the_dead_are_kept_for_a_while
            clearing_an_endpoint_forgets_what_waits
            whatever_happened_comes_back
            a_commit_carries_its_deliveries
            a_friend_request_carries_its_delivery
        }
        $crate::conformance_cases! { $make_store, participants,
            the_creator_has_joined_and_the_others_are_invited
            participants_come_in_the_order_in_which_they_came
            members_are_those_who_have_joined
            the_last_change_of_a_participant_holds
            any_conversation_may_have_participants
            a_commit_of_everything_is_whole
            a_hole_refuses_the_changes_with_it
            an_unknown_participant_refuses_the_messages_with_it
            members_are_counted_through_every_change
        }
        $crate::conformance_cases! { $make_store, presence,
            who_was_never_seen_is_left_out
            what_is_saved_replaces_what_was_known
            a_leave_is_kept_and_forgotten
            connections_are_kept_with_the_agent
            an_unknown_agent_is_passed_over
        }
        $crate::conformance_cases! { $make_store, reactions,
            a_reaction_counts_once
            what_is_taken_back_counts_no_more
            what_was_never_said_takes_no_reaction
            of_twenty_equal_reactions_one_counts
        }
        $crate::conformance_cases! { $make_store, relations,
            a_request_waits_for_its_answer
            a_pair_has_one_request
            an_answer_is_given_once
            only_the_one_who_was_asked_answers
            who_was_rejected_may_ask_again
            friends_have_one_view
            friends_are_newest_first
            requests_are_newest_first
            an_ended_friendship_is_gone_for_both
            a_block_ends_everything_between_two
            a_block_is_one_way_and_stands_for_both
            unblocking_restores_nothing
            blocks_are_newest_first
            blocks_are_looked_up_in_bulk
            requests_at_once_make_one
            acceptances_at_once_make_friends_once
            nobody_is_related_to_who_is_not_there
        }
        $crate::conformance_cases! { $make_store, rooms,
            a_created_room_is_found
            a_whole_room_is_what_its_parts_are
            what_is_no_room_is_not_found
            a_room_is_created_whole_or_not_at_all
            messages_of_a_room_are_messages_like_others
            an_ending_brings_the_end_forward_only
            an_ending_of_what_is_no_room_is_passed_over
            the_list_is_newest_first_and_pages
            what_is_over_is_neither_listed_nor_counted
            lists_and_counts_are_of_one_visibility
            a_listing_says_where_its_log_ends
            a_listing_knows_the_viewer
        }
        $crate::conformance_cases! { $make_store, sweeps,
            nothing_is_left_of_a_swept_room
            what_is_not_over_is_left_alone
            a_sweep_keeps_its_measure
            a_large_room_goes_from_its_newest_message_on
            participants_go_in_slices_too
            small_rooms_share_a_slice
            numbers_are_never_given_twice
            a_swept_room_takes_nothing
        }
        $crate::conformance_cases! { $make_store, tallies,
            nothing_is_said_at_first
            what_is_saved_is_found_every_way
            an_agent_nobody_knows_is_passed_over
            catching_up_counts_what_everybody_could_read
            catching_up_counts_once
            what_is_covered_is_not_counted_again
            coverage_never_goes_back
            what_was_swept_counts_all_the_same
            what_was_covered_and_swept_is_not_counted_again
        }
        $crate::conformance_cases! { $make_store, threads,
            a_page_is_cut_after_what_is_hidden
            a_page_says_how_far_its_messages_have_come
            marks_are_those_of_a_page
            a_hidden_message_waits_no_longer
            what_waits_in_a_hidden_conversation_is_delivered
            a_message_is_found_in_its_own_inbox
            both_of_a_pair_see_its_messages
            both_of_a_pair_have_part_in_it
            the_last_that_was_read_is_told
            the_list_is_last_written_first
            the_list_leaves_out_what_is_hidden
        }
        $crate::conformance_cases! { $make_store, trials,
            a_trial_that_has_begun_is_found
            an_agent_is_in_one_trial_at_a_time
            the_first_vote_of_a_challenger_is_final
            of_ten_equal_votes_one_counts
            who_fails_is_quarantined_for_the_trial
            who_passes_is_released
            challengers_are_of_standing_and_strangers
            who_is_due_is_given_once
            what_was_said_in_a_trial_is_swept
        }
        $crate::conformance_cases! { $make_store, trust,
            a_vouch_stands_once
            of_twenty_equal_vouches_and_flags_one_is_made
            vouches_are_newest_first
            a_flag_is_made_once_in_a_while
            testimony_is_the_newest_flag_of_each_active_agent
            flags_are_paged_in_their_order
            everybody_active_is_assessed
            what_was_computed_is_found
            what_was_written_meanwhile_is_not_written_over
            a_seed_is_named_once
            a_quarantine_has_one_cause
            interactions_are_paged
            esteem_is_of_the_oldest_three_reactions
        }
        $crate::conformance_cases! { $make_store, unread,
            what_friends_have_said_since_is_counted
            what_one_has_said_oneself_is_not_unread
            what_no_open_view_shows_is_not_unread
            what_was_removed_is_not_unread
            views_last_written_to_come_first
            a_query_looks_through_no_more_than_asked_for
            the_last_text_is_cut_between_characters
        }
    };
}

/// Makes tests of the named cases of one module.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($make_store:ident, $module:ident, $($case:ident)+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    let (_keep, store) = super::$make_store().await;
                    $crate::conformance::$module::$case(&store).await.expect("the store refused");
                    $crate::Hub::close(&store).await;
                }
            )+
        }
    };
}
