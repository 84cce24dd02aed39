"""People hear before, at and after a handoff: once each, also after a crash or a day's outage."""

from datetime import timedelta

import pytest

from oncall import actions, handoffs
from oncall.models import Handoff, Schedule
from paging.models import Page
from people.actions import deactivate_user
from people.ledger.models import Entry
from tests.oncall.handoffs.keeping import DAY, HOUR
from tests.world import MONDAY, TESTS

WEEK = timedelta(weeks=1)
NEXT = MONDAY + WEEK


def test_a_schedule_seen_for_the_first_time_starts_now(world):
    world.keep()
    assert world.told() == []
    assert world.recorded() == []
    assert world.handoff(NEXT).recorded_at is None


def test_a_weeks_shift_is_announced_a_week_a_day_and_an_hour_before(world):
    world.only_primary(world.ana.pk, world.bo.pk, world.mia.pk, start="2026-03-02T09:00")
    world.live(NEXT + WEEK)
    assert world.told("remind") == [
        ("08 09:00", "bo", "remind:86400"),
        ("09 08:00", "bo", "remind:3600"),
        ("09 09:00", "mia", "remind:604800"),
        ("15 09:00", "mia", "remind:86400"),
        ("16 08:00", "mia", "remind:3600"),
        ("16 09:00", "ana", "remind:604800"),
    ]
    said = world.notice(world.bo, "remind:86400")
    assert said["title"] == "On call from Mon 9 Mar 09:00 UTC: primary of Payments"
    assert said["lines"] == [
        "That is in 1 day.",
        "Until Mon 16 Mar 09:00 UTC.",
        "Before you: Ana Ruiz.",
    ]


def test_at_the_instant_one_hears_on_and_the_other_off(world):
    world.live(NEXT - timedelta(seconds=1))
    assert world.told("on", "off") == []
    world.live(NEXT)
    assert world.told("on", "off") == [
        ("09 09:00", "bo", "on"),
        ("09 09:00", "ana", "off"),
        ("09 09:00", "ana", "on"),
        ("09 09:00", "bo", "off"),
    ]
    bo_on = Page.objects.get(run="on", user=world.bo).facts
    assert bo_on["title"] == "You are on call: primary of Payments"
    assert bo_on["lines"] == [
        "Until Mon 16 Mar 09:00 UTC.",
        "Before you: Ana Ruiz.",
        "Secondary: Ana Ruiz.",
    ]
    assert bo_on["path"] == f"/handoffs/{world.handoff(NEXT).pk}"
    ana_off = Page.objects.get(run="off", user=world.ana).facts
    assert ana_off["lines"][0] == "Bo Lind is on call now."


def test_each_handoff_stands_in_the_ledger_as_it_happened(world):
    world.live(NEXT)
    ana, bo = world.ana.pk, world.bo.pk
    at = NEXT.isoformat()
    assert world.recorded() == [("primary", at, [ana], [bo]), ("secondary", at, [bo], [ana])]


def test_after_a_days_outage_every_handoff_is_recorded_and_only_what_holds_is_told(world):
    world.only_primary(world.ana.pk, world.bo.pk, world.mia.pk, length="1d", start="2026-03-02T09:00")
    world.keep()
    world.keep(MONDAY + 4 * DAY + HOUR / 2)
    assert len(world.recorded()) == 4
    assert world.told("on", "off", "note") == [
        ("06 09:30", "bo", "on"),
        ("06 09:30", "ana", "off"),
    ]
    assert [row.asks for row in Handoff.objects.filter(recorded_at__isnull=False).order_by("at")] == [
        False,
        False,
        False,
        True,
    ]
    assert world.notice(world.bo, "on")["lines"][0] == "Since Fri 6 Mar 09:00 UTC."


def test_after_an_outage_only_the_shortest_reminder_that_is_due_comes(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    world.keep(NEXT - HOUR / 2)
    assert world.told("remind") == [("09 08:30", "bo", "remind:3600")]
    assert world.notice(world.bo, "remind:3600")["lines"][0] == "That is in 30 minutes."


def test_no_reminder_comes_from_the_start_on(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    world.keep(NEXT)
    assert "bo" not in {user for _, user, _ in world.told("remind")}


def test_who_is_on_every_other_day_hears_only_the_short_reminders(world):
    world.only_primary(world.ana.pk, world.bo.pk, length="1d", start="2026-03-02T09:00")
    world.live(MONDAY + 6 * DAY)
    assert {run for *_, run in world.told("remind")} == {"remind:86400", "remind:3600"}


def test_a_schedule_has_reminders_of_its_own_or_none(world):
    Schedule.objects.update(reminders=[2 * 3600], confirm_within=timedelta(hours=1))
    world.only_primary(world.ana.pk, world.bo.pk).live(NEXT)
    assert world.told("remind") == [("09 07:00", "bo", "remind:7200")]
    Schedule.objects.update(reminders=[])
    world.live(NEXT + WEEK)
    assert len(world.told("remind")) == 1


def test_who_goes_off_is_asked_for_a_note_a_day_before(world):
    world.only_primary(world.ana.pk, world.bo.pk).live(NEXT)
    assert world.told("note") == [("08 09:00", "ana", "note")]
    said = world.notice(world.ana, "note")
    assert said["title"] == "A note for Bo Lind: primary of Payments"
    assert said["label"] == "Write the note"


def test_who_goes_off_sooner_than_that_is_asked_in_the_middle_of_the_shift_or_at_once(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    cover = world.cover(world.mia, MONDAY + 6 * HOUR, NEXT)
    world.live(MONDAY + 4 * HOUR)
    assert world.told("note") == [("02 12:00", "ana", "note")]
    actions.cancel_override(override=cover, by=TESTS, now=world.now)
    world.cover(world.mia, MONDAY + 5 * HOUR, NEXT)
    world.keep()
    assert world.told("note")[1:] == [("02 13:00", "ana", "note")]


def test_a_cover_of_a_few_hours_tells_both_and_asks_nobody(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    world.cover(world.mia, MONDAY + 3 * HOUR, MONDAY + 6 * HOUR)
    world.live(MONDAY + 12 * HOUR)
    assert world.told("on", "off", "note", "unconfirmed") == [
        ("02 12:00", "mia", "on"),
        ("02 12:00", "ana", "off"),
        ("02 15:00", "ana", "on"),
        ("02 15:00", "mia", "off"),
    ]


def test_when_a_second_person_joins_they_hear_it_once_and_who_was_on_hears_nothing_new(world):
    """H3."""
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    world.cover(world.mia, MONDAY + 3 * HOUR, MONDAY + 60 * HOUR, kind="add")
    world.live(MONDAY + 12 * HOUR)
    assert world.told("on", "off") == [("02 12:00", "mia", "on")]
    assert "With you: Ana Ruiz." in world.notice(world.mia, "on")["lines"]


def test_what_no_longer_is_a_handoff_is_cancelled_and_one_that_is_again_lives_on(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    kept = world.handoff(NEXT)
    cover = world.cover(world.ana, NEXT, NEXT + WEEK)
    assert world.keep().handoff(NEXT).cancelled_at == world.now
    world.live(NEXT - 2 * DAY)
    assert world.told() == []
    actions.cancel_override(override=cover, by=TESTS, now=world.now)
    assert world.keep().handoff(NEXT).cancelled_at is None
    assert world.handoff(NEXT).pk == kept.pk
    world.live(NEXT)
    assert ("09 09:00", "bo", "on") in world.told()


def test_a_planned_handoff_to_somebody_else_is_theirs(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    world.cover(world.mia, NEXT, NEXT + WEEK)
    world.live(NEXT)
    assert world.told("on") == [("09 09:00", "mia", "on")]
    assert [at for at, user, _ in world.told("remind") if user == "mia"] == [
        "02 10:00",
        "08 09:00",
        "09 08:00",
    ]
    assert "bo" not in {user for _, user, _ in world.told()}


def test_who_leaves_goes_off_and_the_gap_is_recorded(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    world.now += HOUR
    deactivate_user(user=world.ana, by=TESTS, now=world.now)
    world.live(world.now + 6 * HOUR)
    [(role, at, outgoing, incoming)] = world.recorded()
    assert (role, at[:16], outgoing, incoming) == ("primary", "2026-03-02T11:00", [world.ana.pk], [])


def test_a_retired_schedule_says_you_are_off_and_sleeps(world):
    world.keep()
    world.now += HOUR
    actions.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    world.keep()
    assert sorted(world.told()) == [("02 11:00", "ana", "off"), ("02 11:00", "bo", "off")]
    assert world.notice(world.ana, "off")["lines"] == ["Nobody is on call after you."]
    world.schedule.refresh_from_db()
    assert world.schedule.wake_at is None
    assert handoffs.run_due(clock=lambda: world.now + DAY) == 0


def test_what_nobody_confirms_is_told_to_the_managers_once(world):
    world.only_primary(world.ana.pk, world.bo.pk).live(NEXT + 4 * HOUR - timedelta(seconds=1))
    assert world.told("unconfirmed") == []
    world.live(NEXT + DAY)
    assert world.told("unconfirmed") == [("09 13:00", "mia", "unconfirmed")]
    assert world.notice(world.mia, "unconfirmed")["lines"] == [
        "Bo Lind took over from Ana Ruiz at Mon 9 Mar 09:00 UTC and has not confirmed it yet."
    ]
    assert Entry.objects.filter(verb="handoff.unconfirmed").count() == 1


def test_what_is_confirmed_is_told_to_no_manager(world):
    world.only_primary(world.ana.pk, world.bo.pk).live(NEXT + HOUR)
    Handoff.objects.update(confirmed_at=world.now, confirmed_by=world.bo)
    world.live(NEXT + DAY)
    assert world.told("unconfirmed") == []


def test_after_an_outage_there_is_still_time_to_confirm(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    world.live(NEXT + 12 * HOUR)
    assert world.told("unconfirmed") == [("09 13:00", "mia", "unconfirmed")]
    world.keep(NEXT + WEEK + 12 * HOUR)
    assert len(world.told("unconfirmed")) == 1
    world.live(NEXT + WEEK + 16 * HOUR)
    assert len(world.told("unconfirmed")) == 2


def test_a_change_that_is_committed_after_a_look_counts_from_when_it_took_effect(world):
    world.only_primary(world.ana.pk, world.bo.pk).keep()
    pressed = world.now + timedelta(seconds=30)
    world.keep(pressed + timedelta(seconds=2))
    Schedule.objects.update(wake_at=world.now)
    world.keep()
    world.now = pressed
    world.cover(world.mia, pressed, NEXT)
    world.keep(pressed + timedelta(seconds=5))
    assert [at for _, at, *_ in world.recorded()] == [pressed.isoformat()]
    assert ("02 10:00", "mia", "on") in world.told()


def test_one_schedule_that_cannot_be_read_does_not_hold_up_the_others(world):
    broken = world.rotation("Broken", [[world.ana.pk]])
    broken.versions.update(definition={"roles": {"primary": {"layers": 7}}})
    Schedule.objects.filter(pk=broken.pk).update(wake_at=MONDAY)
    world.keep()
    world.schedule.refresh_from_db()
    broken.refresh_from_db()
    assert world.schedule.handoffs_until is not None
    assert broken.wake_at == world.now + timedelta(minutes=5)


@pytest.mark.parametrize("reminders", [None, [], [3600]])
def test_a_look_with_nothing_to_do_asks_little(world, reminders, django_assert_max_num_queries):
    Schedule.objects.update(reminders=reminders)
    world.live(MONDAY + 3 * DAY)
    with django_assert_max_num_queries(1):
        world.keep()
    world.now += timedelta(hours=6)
    with django_assert_max_num_queries(10):
        handoffs.run_due(clock=lambda: world.now)
