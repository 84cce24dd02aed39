"""My future shifts changed, and I hear of it: once, with what changed, and not of what was undone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall import actions
from oncall.actions import changes
from oncall.actions.changes import tell_due
from oncall.actions.slots import publish_due
from oncall.core.changes import Held, SlotChanged, lines, netted, told
from oncall.models import ShiftChange
from paging.actions import contacts
from paging.models import Page
from people import actions as people
from people.ledger.record import Actor
from people.models import User
from tests.oncall.feeds.office import DAY, HOUR, NEXT_WEEK, NOW, TESTS, WEEK, Office
from tests.racing import at_once

MINUTE = timedelta(minutes=1)
MIA = Actor("Mia Falk (web)")


class Desk(Office):
    """The office, published, and everyone with a mailbox."""

    def __init__(self) -> None:
        super().__init__()
        for person in (self.ana, self.bo, self.mia, self.zed):
            address = f"{person.username}@example.com"
            contacts.set_contact_method(user=person, kind="email", address=address, by=TESTS, now=NOW)
        self.keep(NOW)

    @staticmethod
    def keep(at: datetime) -> None:
        """What the keeper does at `at`."""
        publish_due(clock=lambda: at)
        tell_due(clock=lambda: at)

    @staticmethod
    def heard() -> dict[str, list[str]]:
        rows = Page.objects.filter(cause__startswith="schedule:").select_related("user").order_by("pk")
        return {row.user.username: row.facts["lines"] for row in rows}


@pytest.fixture
def desk(db) -> Desk:
    return Desk()


def test_a_new_schedule_tells_nobody(desk):
    desk.keep(NOW + HOUR)
    assert desk.heard() == {}


def test_what_comes_into_view_tells_nobody(desk):
    for days in range(1, 30, 7):
        desk.keep(NOW + days * DAY)
    assert desk.heard() == {}


def test_a_cover_is_told_to_who_takes_it_and_to_who_gives_it_away_a_minute_later(desk):
    actions.add_override(
        schedule=desk.schedule,
        role="primary",
        user=desk.mia,
        start=NEXT_WEEK + DAY,
        end=NEXT_WEEK + DAY + HOUR,
        reason="dentist",
        by=MIA,
        now=NOW,
    )
    desk.keep(NOW + 59 * MINUTE / 60)
    assert desk.heard() == {}
    desk.keep(NOW + 2 * MINUTE)
    hours = "primary, Tue 10 Mar 2026 09:00 to Tue 10 Mar 2026 10:00."
    rest = ["Changed by Mia Falk (web): dentist", "Times are in UTC."]
    assert desk.heard() == {"bo": [f"Lost: {hours}", *rest], "mia": [f"Gained: {hours}", *rest]}
    assert {page.facts["title"] for page in Page.objects.all()} == {"Your shifts on Checkout changed"}


def test_times_are_those_of_the_persons_own_wall(desk):
    people.change_user(user=desk.mia, time_zone="America/New_York", by=TESTS, now=NOW)
    desk.override(desk.mia, NEXT_WEEK, NEXT_WEEK + HOUR)
    desk.keep(NOW)
    desk.keep(NOW + 2 * MINUTE)
    assert desk.heard()["mia"][0].endswith("Mon 9 Mar 2026 05:00 to Mon 9 Mar 2026 06:00.")
    assert desk.heard()["mia"][-1] == "Times are in America/New_York."


def test_what_is_undone_within_the_minute_tells_nobody(desk):
    cover = desk.override(desk.mia, NEXT_WEEK, NEXT_WEEK + HOUR)
    desk.keep(NOW)
    actions.cancel_override(override=cover, by=TESTS, now=NOW + MINUTE / 2)
    desk.keep(NOW + MINUTE / 2)
    desk.keep(NOW + 2 * MINUTE)
    assert desk.heard() == {}
    assert not ShiftChange.objects.filter(told_at=None).exists()


def test_a_day_of_outage_tells_once_and_only_of_what_is_still_to_come(desk):
    desk.override(desk.mia, NOW + HOUR, NOW + 2 * HOUR)
    desk.override(desk.zed, NOW + 30 * HOUR, NOW + 31 * HOUR)
    later = NOW + DAY
    desk.keep(later)
    desk.keep(later + 2 * MINUTE)
    desk.keep(later + 4 * MINUTE)
    assert sorted(desk.heard()) == ["ana", "zed"]
    assert Page.objects.count() == 2
    assert [line for line in desk.heard()["ana"] if line.startswith("Lost")] == [
        "Lost: primary, Thu 5 Mar 2026 18:00 to Thu 5 Mar 2026 19:00."
    ]


def test_a_crash_before_the_end_tells_nobody_and_the_next_try_tells_once(desk, monkeypatch):
    desk.override(desk.mia, NEXT_WEEK, NEXT_WEEK + HOUR)
    desk.keep(NOW)

    def crash(**given):
        real(**given)
        raise RuntimeError("power")

    real = changes.tell
    with monkeypatch.context() as patch:
        patch.setattr(changes, "tell", crash)
        desk.keep(NOW + 2 * MINUTE)
    assert desk.heard() == {}
    desk.keep(NOW + 7 * MINUTE)
    assert sorted(desk.heard()) == ["bo", "mia"]


def test_who_leaves_gives_no_notice_and_who_takes_over_gets_one(desk):
    backup = {"name": "Backup", "participants": [desk.zed.pk], "start": "2026-01-05T09:00"}
    weekly = {"name": "Weekly", "participants": [desk.ana.pk], "start": "2026-01-05T09:00"}
    desk.team = None  # a schedule without a team takes anybody
    desk.create("Two", {"primary": {"layers": [backup, weekly]}})
    desk.keep(NOW)
    people.deactivate_user(user=desk.ana, by=MIA, now=NOW + HOUR)
    desk.keep(NOW + HOUR)
    desk.keep(NOW + HOUR + 2 * MINUTE)
    assert list(desk.heard()) == ["zed"]
    assert desk.heard()["zed"][0].startswith("Gained: primary, Wed 4 Mar 2026 13:")


def test_what_cannot_be_told_is_tried_again_in_five_minutes_and_holds_up_no_other(desk, caplog):
    desk.team = None  # a schedule without a team takes anybody
    second = desk.rotation("Desk", [desk.zed.pk])
    desk.keep(NOW)
    User.objects.filter(pk=desk.mia.pk).update(time_zone="Nowhere/Here")
    desk.override(desk.mia, NEXT_WEEK, NEXT_WEEK + HOUR)
    desk.override(desk.ana, NEXT_WEEK, NEXT_WEEK + HOUR, schedule=second)
    tried = NOW + 2 * MINUTE
    publish_due(clock=lambda: NOW)
    assert tell_due(clock=lambda: tried, limit=1) == 1
    assert sorted(desk.heard()) == ["ana", "zed"]
    for seconds in (0, 2, 299):
        assert tell_due(clock=lambda now=tried + timedelta(seconds=seconds): now) == 0
    assert [record.getMessage().count("changes_not_told") for record in caplog.records] == [1]
    User.objects.filter(pk=desk.mia.pk).update(time_zone="UTC")
    assert tell_due(clock=lambda: tried + 5 * MINUTE) == 1
    assert sorted(desk.heard()) == ["ana", "bo", "mia", "zed"]


@pytest.mark.django_db(transaction=True)
def test_two_keepers_at_once_tell_each_person_once():
    desk = Desk()
    desk.override(desk.mia, NEXT_WEEK, NEXT_WEEK + HOUR)
    publish_due(clock=lambda: NOW)

    def keep() -> None:
        for _ in range(3):
            tell_due(clock=lambda: NOW + 2 * MINUTE)

    at_once(keep, keep)
    assert sorted(desk.heard()) == ["bo", "mia"]
    assert Page.objects.count() == 2


MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANA, BO = 1, 2


def change(slot, start, before, after):
    as_held = (one and Held(one[0], MONDAY + one[1] * HOUR) for one in (before, after))
    return SlotChanged(slot, "primary", MONDAY + start * HOUR, *as_held)


def said(*given, user=ANA):
    return lines(told(netted(given), now=MONDAY - WEEK).get(user, ()), UTC)


def test_who_keeps_the_hours_around_a_cover_lost_that_cover_alone():
    assert said(
        change(1, 0, (ANA, 8), (ANA, 3)), change(2, 3, None, (BO, 4)), change(3, 4, None, (ANA, 8))
    ) == ["Lost: primary, Mon 2 Mar 2026 12:00 to Mon 2 Mar 2026 13:00."]


def test_a_shift_that_ends_at_another_time_is_longer_or_shorter():
    longer = "Longer: primary from Mon 2 Mar 2026 09:00, now until Mon 2 Mar 2026 17:00"
    assert said(change(1, 0, (ANA, 3), (ANA, 8))) == [f"{longer} (was Mon 2 Mar 2026 12:00)."]
    assert said(change(1, 0, (ANA, 8), (ANA, 3)))[0].startswith("Shorter: primary from")


def test_many_lines_end_in_a_number():
    many = said(*(change(n, 2 * n, None, (ANA, 2 * n + 1)) for n in range(30)))
    assert len(many) == 21
    assert many[-1] == "And 10 more; your calendar shows them all."


held = st.none() | st.tuples(st.sampled_from([ANA, BO, None]), st.integers(1, 4))


@given(st.lists(st.tuples(held, held), max_size=8), st.integers(-2, 40))
def test_hours_gained_and_lost_are_those_that_differ_hour_by_hour(pairs, clock):
    given = [
        change(n, 4 * n, *(one and (one[0], 4 * n + one[1]) for one in pair)) for n, pair in enumerate(pairs)
    ]
    now = MONDAY + clock * HOUR
    (heard,) = told(netted(given), now=now).get(ANA) or [None]
    for hour in (now + n * HOUR for n in range(60)):
        before, after = (
            any(
                one and one.user == ANA and each.start <= hour < one.end
                for each in given
                for one in [getattr(each, side)]
            )
            for side in ("before", "after")
        )
        gained = [] if heard is None else [*heard.gained, *((m.was, m.now) for m in heard.moved)]
        lost = [] if heard is None else [*heard.lost, *((m.now, m.was) for m in heard.moved)]
        assert any(start <= hour < end for start, end in gained) == (after and not before)
        assert any(start <= hour < end for start, end in lost) == (before and not after)
