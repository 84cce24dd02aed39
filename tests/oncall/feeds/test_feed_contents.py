"""What a subscribed calendar shows, and that it stays still where nothing changed."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import actions, feeds
from oncall.actions.slots import publish_due
from people import actions as people
from tests.oncall.feeds.office import DAY, HOUR, NEXT_WEEK, NOW, TESTS, WEEK, spans, uids

MONDAY = NEXT_WEEK - WEEK


def test_a_schedules_feed_names_the_person_and_the_role(office):
    events = office.events(office.address("--schedule", "Checkout"))
    assert ("Ana Ruiz - Checkout primary", MONDAY, NEXT_WEEK) in spans(events)
    assert ("Bo Lind - Checkout primary", NEXT_WEEK, NEXT_WEEK + WEEK) in spans(events)


def test_a_persons_feed_has_their_own_shifts_of_every_schedule_and_no_others(office):
    office.rotation("Desk", [office.bo.pk, office.ana.pk])
    found = spans(office.events(office.address("--user", "ana")))
    assert ("On-call: Checkout primary", MONDAY, NEXT_WEEK) in found
    assert ("On-call: Desk primary", NEXT_WEEK, NEXT_WEEK + WEEK) in found
    assert all((start - MONDAY) % (2 * WEEK) == WEEK * ("Desk" in summary) for summary, start, _ in found)


def test_a_persons_feed_shows_the_cover_they_took_and_not_the_hours_they_gave_away(office):
    office.override(office.bo, NOW + HOUR, NOW + 3 * HOUR, reason="dentist")
    taken = spans(office.events(office.address("--user", "bo")))
    assert ("On-call: Checkout primary", NOW + HOUR, NOW + 3 * HOUR) in taken
    kept = spans(office.events(office.address("--user", "ana")))
    assert ("On-call: Checkout primary", MONDAY, NOW + HOUR) in kept
    assert ("On-call: Checkout primary", NOW + 3 * HOUR, NEXT_WEEK) in kept
    assert not [one for one in kept if one[1] < NOW + 3 * HOUR and one[2] > NOW + HOUR]


def test_someone_outside_the_rotation_sees_the_cover_they_took(office):
    office.override(office.zed, NOW + HOUR, NOW + 2 * HOUR)
    assert spans(office.events(office.address("--user", "zed"))) == [
        ("On-call: Checkout primary", NOW + HOUR, NOW + 2 * HOUR)
    ]


def test_a_gap_stands_in_the_schedules_feed(office):
    weekdays = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}]
    office.rotation("Desk", [office.ana.pk], restrictions=weekdays)
    found = spans(office.events(office.address("--schedule", "Desk")))
    tonight = NOW.replace(hour=17), (NOW + DAY).replace(hour=9)
    assert ("GAP - nobody on call: Desk primary", *tonight) in found


def test_the_window_is_whole_shifts_from_30_days_back_to_180_ahead(office):
    events = office.events(office.address("--schedule", "Checkout"))
    assert events[0].start == datetime(2026, 2, 2, 9, tzinfo=UTC)
    assert events[0].end - events[0].start == WEEK
    assert events[-1].start == datetime(2026, 8, 31, 9, tzinfo=UTC)
    assert events[-1].end - events[-1].start == WEEK


@pytest.mark.parametrize("days", [1, 3, 30])
def test_a_shift_that_is_still_shown_later_is_the_same_to_the_byte(office, days):
    office.rotation("Desk", [office.ana.pk, []], shift_length="5 months")
    office.override(office.bo, NOW + HOUR, NOW + 3 * HOUR)
    for name in ("Checkout", "Desk"):
        path = office.address("--schedule", name)
        now, later = (
            {str(each["uid"]): each.to_ical() for each in office.events(path, at=at)}
            for at in (NOW, NOW + days * DAY)
        )
        both = now.keys() & later.keys()
        assert {uid: now[uid] for uid in both} == {uid: later[uid] for uid in both}
        assert len(both) >= len(now) - 1 - days // 7


def test_a_gap_without_an_end_keeps_its_uid_from_day_to_day(office):
    office.rotation("Old", [office.ana.pk], end="2026-02-20T09:00")
    path = office.address("--schedule", "Old")
    (_, today), (_, tomorrow) = (
        [str(each["uid"]) for each in office.events(path, at=at)][-2:] for at in (NOW, NOW + DAY)
    )
    assert today == tomorrow


def test_uids_in_one_feed_are_unique_with_groups_overlaps_and_split_slots(office):
    office.create(
        "Groups",
        {
            "primary": {
                "layers": [
                    {
                        "name": "Pairs",
                        "participants": [[office.ana.pk, office.bo.pk]],
                        "start": "2026-01-05T08:00",
                        "shift_length": "1d",
                    }
                ]
            },
            "secondary": {"follows": "primary", "layer": "Pairs", "offset": 1},
        },
    )
    schedule = office.ana.schedule_versions.get(schedule__name="Groups").schedule
    start = NOW.replace(hour=13)
    office.override(office.mia, start, start + HOUR / 6, schedule=schedule)
    office.override(office.zed, start, start + 2 * HOUR, schedule=schedule, kind="add", role="secondary")
    for whose in (("--schedule", "Groups"), ("--user", "ana")):
        found = uids(office.document(office.address(*whose)))
        assert len(found) > 400
        assert len(found) == len(set(found))


def test_a_cover_updates_the_slot_in_place_with_a_later_stamp_and_a_higher_sequence(office):
    path = office.address("--schedule", "Checkout")
    before = {str(each["uid"]): each for each in office.events(path)}
    office.override(office.mia, NEXT_WEEK, NEXT_WEEK + WEEK)
    after = {str(each["uid"]): each for each in office.events(path)}
    assert before.keys() == after.keys()
    (slot,) = (uid for uid in before if before[uid].start == NEXT_WEEK)
    assert str(before[slot]["summary"]) == "Bo Lind - Checkout primary"
    assert str(after[slot]["summary"]) == "Mia Falk - Checkout primary"
    assert after[slot]["sequence"] > before[slot]["sequence"]
    assert after[slot]["dtstamp"].dt == after[slot]["last-modified"].dt == NOW
    assert before[slot]["dtstamp"].dt < NOW


def test_a_cancelled_cover_is_a_further_change_and_never_an_older_stamp(office):
    path = office.address("--schedule", "Checkout")
    office.document(path)
    cover = office.override(office.mia, NEXT_WEEK, NEXT_WEEK + WEEK)
    office.document(path)
    actions.cancel_override(override=cover, by=TESTS, now=NOW + HOUR)
    (slot,) = (each for each in office.events(path, at=NOW + HOUR) if each.start == NEXT_WEEK)
    assert str(slot["summary"]) == "Bo Lind - Checkout primary"
    assert (slot["last-modified"].dt, slot["sequence"]) == (NOW + HOUR, 2)


def test_a_cover_ended_early_also_dates_the_slots_it_would_have_held(office):
    path = office.address("--schedule", "Checkout")
    office.document(path)
    cover = office.override(office.mia, NOW + HOUR, NEXT_WEEK + WEEK + DAY)
    office.document(path)
    ended = NOW + DAY
    actions.end_override(override=cover, by=TESTS, now=ended)
    (slot,) = (each for each in office.events(path, at=ended) if each.start == NEXT_WEEK)
    assert str(slot["summary"]) == "Bo Lind - Checkout primary"
    assert (slot["last-modified"].dt, slot["sequence"], slot["status"]) == (ended, 2, "CONFIRMED")


def test_a_new_name_is_shown_and_dates_that_persons_shifts_alone(office):
    people.change_user(user=office.bo, name="Bo Lind-Ek", by=TESTS, now=NOW)
    events = office.events(office.address("--schedule", "Checkout"), at=NOW + DAY)
    by_start = {each.start: each for each in events}
    assert str(by_start[NEXT_WEEK]["summary"]) == "Bo Lind-Ek - Checkout primary"
    assert by_start[NEXT_WEEK]["last-modified"].dt == NOW
    assert by_start[MONDAY]["last-modified"].dt < NOW


def test_those_who_left_are_gaps_from_then_on(office):
    path = office.address("--schedule", "Checkout")
    people.deactivate_user(user=office.bo, by=TESTS, now=NOW)
    found = spans(office.events(path))
    assert ("Bo Lind - Checkout primary", MONDAY - WEEK, MONDAY) in found
    assert ("GAP - nobody on call: Checkout primary", NEXT_WEEK, NEXT_WEEK + WEEK) in found


def test_a_retired_schedule_still_shows_what_was_carried_and_no_gap_after_it(office):
    path = office.address("--schedule", "Checkout")
    actions.retire_schedule(schedule=office.schedule, by=TESTS, now=NOW)
    assert spans(office.events(path))[-1] == ("Ana Ruiz - Checkout primary", MONDAY, NOW)


def test_a_crowded_feed_keeps_the_nearest_2000_events(office, monkeypatch):
    assert feeds.MOST_EVENTS == 2000
    monkeypatch.setattr(feeds, "MOST_EVENTS", 40)
    office.rotation("Daily", [office.ana.pk, office.bo.pk], shift_length="1d")
    found = uids(office.document(office.address("--schedule", "Daily")))
    assert len(found) == 40
    assert "-primary-20260202T090000Z@" in found[0]
    assert "-primary-20260313T090000Z@" in found[-1]


@pytest.mark.parametrize(("whose", "most"), [(("--schedule", "Checkout"), 10), (("--user", "ana"), 11)])
def test_the_number_of_queries_does_not_grow_with_the_shifts(office, whose, most):
    path = office.address(*whose)
    counts = []
    for hours in range(1, 40, 13):
        office.override(office.bo, NOW + hours * HOUR, NOW + (hours + 12) * HOUR)
        office.rotation(f"Daily {hours}", [office.ana.pk, office.bo.pk], shift_length="1d")
        publish_due(clock=lambda: NOW + hours * HOUR)  # noqa: B023 - called at once
        with (
            time_machine.travel(NOW + hours * HOUR, tick=False),
            CaptureQueriesContext(connection) as queries,
        ):
            assert office.get(path).status_code == 200
        counts.append(len(queries))
    assert counts == [most] * 3


def test_the_calendar_is_named_after_whom_it_is_of(office):
    assert b"X-WR-CALNAME:On call: Ana Ruiz\r\n" in office.document(office.address("--user", "ana"))
