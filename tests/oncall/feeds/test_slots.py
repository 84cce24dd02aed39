"""What calendars were shown is written down: each shift a slot, and each change of one."""

from oncall import actions
from oncall.actions.slots import publish, publish_due
from oncall.models import Schedule, ShiftChange, Slot
from people import actions as people
from people.ledger.models import Entry
from tests.oncall.feeds.office import DAY, HOUR, LONG_AGO, NEXT_WEEK, NOW, TESTS, WEEK

MONDAY = NEXT_WEEK - WEEK


def published(office, *, at=NOW):
    publish(schedule_id=office.schedule.pk, now=at)
    return {
        (slot.start, slot.place): slot
        for slot in Slot.objects.filter(schedule=office.schedule, role="primary").select_related("user")
    }


def told():
    rows = ShiftChange.objects.order_by("slot__start", "pk").select_related("before_user", "after_user")
    return [
        (
            row.slot.start,
            row.before_user and row.before_user.username,
            row.before_end,
            row.after_user and row.after_user.username,
            row.after_end,
        )
        for row in rows
    ]


def test_the_first_publication_knows_every_shift_and_tells_nobody(office):
    slots = published(office)
    assert slots[MONDAY, 0].user == office.ana
    assert (slots[MONDAY, 0].end, slots[MONDAY, 0].sequence) == (NEXT_WEEK, 0)
    assert {slot.changed_at for slot in slots.values()} == {LONG_AGO}
    assert min(start for start, _ in slots) <= NOW - 30 * DAY
    assert max(slot.end for slot in slots.values()) >= NOW + 181 * DAY
    assert told() == []


def test_publishing_again_changes_nothing(office):
    before = published(office)
    after = published(office, at=NOW + HOUR)
    assert {k: v.pk for k, v in before.items()} == {k: v.pk for k, v in after.items()}
    assert all(slot.sequence == 0 for slot in after.values())
    office.schedule.refresh_from_db()
    assert office.schedule.slots_revision == 1


def test_what_merely_comes_into_the_window_is_new_and_told_to_nobody(office):
    before = published(office)
    after = published(office, at=NOW + 2 * WEEK)
    new = after.keys() - before.keys()
    assert len(new) == 2
    assert {after[key].changed_at for key in new} == {NOW + 2 * WEEK}
    assert told() == []


def test_a_cover_changes_the_slot_it_cuts_and_makes_two(office):
    published(office)
    office.override(office.mia, NOW + HOUR, NOW + 3 * HOUR, now=NOW + HOUR / 2)
    after = published(office, at=NOW + HOUR / 2)
    assert (after[MONDAY, 0].end, after[MONDAY, 0].sequence) == (NOW + HOUR, 1)
    assert after[MONDAY, 0].changed_at == NOW + HOUR / 2
    assert (after[NOW + HOUR, 0].user, after[NOW + HOUR, 0].sequence) == (office.mia, 0)
    assert after[NOW + 3 * HOUR, 0].user == office.ana
    assert told() == [
        (MONDAY, "ana", NEXT_WEEK, "ana", NOW + HOUR),
        (NOW + HOUR, None, None, "mia", NOW + 3 * HOUR),
        (NOW + 3 * HOUR, None, None, "ana", NEXT_WEEK),
    ]


def test_a_slot_that_vanishes_is_cancelled_and_one_that_comes_back_is_counted_on(office):
    published(office)
    cover = office.override(office.mia, NOW + HOUR, NOW + 3 * HOUR)
    published(office)
    actions.cancel_override(override=cover, by=TESTS, now=NOW + HOUR / 2)
    gone = published(office, at=NOW + HOUR / 2)[NOW + HOUR, 0]
    assert (gone.user, gone.end, gone.sequence) == (office.mia, NOW + 3 * HOUR, 1)
    assert gone.cancelled_at == NOW + HOUR / 2
    office.override(office.bo, NOW + HOUR, NOW + 2 * HOUR, now=NOW + HOUR / 2)
    back = published(office, at=NOW + HOUR / 2)[NOW + HOUR, 0]
    assert (back.user, back.cancelled_at, back.sequence) == (office.bo, None, 2)


def test_what_is_over_stays_as_it_was(office):
    published(office)
    later = NEXT_WEEK + DAY
    published(office, at=later)
    Slot.objects.filter(start=MONDAY).update(user=office.zed)
    assert published(office, at=later + DAY)[MONDAY, 0].user == office.zed


def test_what_was_changed_before_an_outage_is_found_after_it(office):
    published(office)
    office.override(office.mia, NOW + HOUR, NOW + 3 * HOUR)
    slots = published(office, at=NOW + 5 * DAY)
    assert slots[NOW + HOUR, 0].user == office.mia
    assert slots[MONDAY, 0].end == NOW + HOUR


def test_people_who_begin_at_once_keep_their_places(office):
    office.override(office.bo, NOW, NEXT_WEEK, kind="add")
    office.override(office.mia, NEXT_WEEK, NEXT_WEEK + DAY, kind="add")
    before = published(office)
    assert {before[NEXT_WEEK, place].user for place in (0, 1)} == {office.bo, office.mia}
    mine = next(place for place in (0, 1) if before[NEXT_WEEK, place].user == office.mia)
    office.override(office.zed, NEXT_WEEK, NEXT_WEEK + WEEK, kind="replace", instead_of=office.bo)
    after = published(office)
    assert after[NEXT_WEEK, mine].user == office.mia
    assert (after[NEXT_WEEK, mine].sequence, after[NEXT_WEEK, 1 - mine].user) == (0, office.zed)


def test_the_chore_publishes_what_changed_what_is_a_day_old_and_who_left_or_came_back(office):
    desk = office.rotation("Desk", [office.ana.pk])
    assert publish_due(clock=lambda: NOW) == 2
    assert publish_due(clock=lambda: NOW) == 0
    office.override(office.bo, NOW + HOUR, NOW + 3 * HOUR, schedule=desk)
    assert publish_due(clock=lambda: NOW + HOUR / 60) == 1
    people.deactivate_user(user=office.bo, by=TESTS, now=NOW + HOUR / 30)
    assert publish_due(clock=lambda: NOW + HOUR / 30) == 2
    assert publish_due(clock=lambda: NOW + HOUR / 30) == 0
    assert not Slot.objects.filter(user=office.bo, end__gt=NOW + HOUR, cancelled_at=None).exists()
    people.reactivate_user(user=office.bo, by=TESTS, now=NOW + HOUR / 10)
    assert publish_due(clock=lambda: NOW + HOUR / 10) == 2
    assert Slot.objects.filter(user=office.bo, start__gt=NOW, cancelled_at=None).exists()
    assert publish_due(clock=lambda: NOW + HOUR / 10) == 0
    assert publish_due(clock=lambda: NOW + DAY + HOUR / 10) == 2


def test_one_that_cannot_be_published_holds_up_no_other(office, monkeypatch):
    office.rotation("Desk", [office.ana.pk])
    version = office.schedule.versions.get()
    version.definition = {"roles": {"primary": {"layers": [{"broken": True}]}}}
    version.save()
    assert publish_due(clock=lambda: NOW) == 1
    assert publish_due(clock=lambda: NOW) == 0
    assert Schedule.objects.get(name="Desk").published_at == NOW
    assert Schedule.objects.get(name="Checkout").published_at is None


def test_a_change_says_who_made_it_and_why(office):
    published(office)
    office.override(office.mia, NEXT_WEEK, NEXT_WEEK + WEEK, reason="dentist")
    published(office)
    change = ShiftChange.objects.get()
    assert (change.by, change.why) == ("the tests", "dentist")
    assert Entry.objects.filter(verb="override.created").exists()
