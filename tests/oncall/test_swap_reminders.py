"""Whoever could take it is asked, and asked again in time; each of it once, also after a day's outage."""

from datetime import timedelta

import pytest

from oncall import actions
from oncall.actions import swap_reminders
from paging.models import Page
from people.ledger.record import Actor
from people.models import Membership
from tests.oncall.noon import DAY, HOUR, TODAY, Noon
from tests.world import TESTS

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def noon():
    return Noon()


def told(noon, cause="swap"):
    """(who, run) of every notice since the last time this was asked."""
    rows = Page.objects.filter(cause__startswith=cause).order_by("pk")
    fresh = rows.filter(pk__gt=getattr(noon, "seen", 0))
    found = [(row.user.username, row.run) for row in fresh.select_related("user")]
    noon.seen = max([0, *rows.values_list("pk", flat=True)])
    return found


def look(noon, at):
    noon.now = at
    while swap_reminders.run_due(clock=lambda: noon.now):
        pass
    return told(noon)


def test_the_team_is_asked_at_once_and_nobody_else(noon):
    noon.ask(12, 15)
    assert told(noon) == [("bo", "asked"), ("cy", "asked")]
    page = Page.objects.filter(user=noon.bo).get()
    assert page.urgency == "info"
    assert page.facts["title"].startswith(
        "Ana Ruiz asks who can carry primary of Noon, from 2026-03-03 12:00"
    )
    assert any("free; rested" in line for line in page.facts["lines"])


def test_one_person_is_asked_alone(noon):
    noon.ask(12, 15, offered_to=noon.cy)
    assert told(noon) == [("cy", "asked")]


def test_an_urgent_one_asks_everyone_who_could(noon):
    noon.ask(12, 15, urgent=True)
    assert told(noon) == [("bo", "asked"), ("cy", "asked"), ("mia", "asked")]


def test_who_has_to_come_off_now_is_asked_for_again_every_quarter_of_an_hour(noon):
    began = noon.now = TODAY + 13 * HOUR
    actions.release(schedule=noon.noon, role="primary", user=noon.ana, by=TESTS, now=began)
    assert {run for _, run in told(noon)} == {"asked"}
    assert look(noon, began + 14 * MINUTE) == []
    assert {run for _, run in look(noon, began + 15 * MINUTE)} == {"open:late:1", "untaken"}
    # After an outage: the latest one, not a burst.
    assert {run for _, run in look(noon, began + 50 * MINUTE)} == {"open:late:3"}


def test_where_nobody_is_free_the_managers_are_asked(noon):
    Membership.objects.filter(user__in=[noon.bo, noon.cy]).delete()
    noon.ask(12, 15)
    assert told(noon) == [("mia", "asked")]


def test_where_nobody_is_free_whoever_is_on_another_role_is_asked_too(noon):
    noon.rotation("Search", [[noon.bo.pk, noon.cy.pk]])
    noon.ask(12, 15)
    assert told(noon) == [("bo", "asked"), ("cy", "asked"), ("mia", "asked")]


def test_while_it_is_open_they_are_asked_again_three_days_a_day_and_three_hours_before(noon):
    noon.ask(12, 15, day=5)
    start = TODAY + 5 * DAY + 12 * HOUR
    told(noon)
    everybody = lambda lead: [("bo", f"open:{lead}"), ("cy", f"open:{lead}")]  # noqa: E731
    assert look(noon, start - 3 * DAY - MINUTE) == []
    assert look(noon, start - 3 * DAY) == everybody(259200)
    assert look(noon, start - 3 * DAY + MINUTE) == []
    assert look(noon, start - DAY) == everybody(86400)
    assert look(noon, start - 3 * HOUR) == everybody(10800)
    assert look(noon, start) == [("ana", "untaken"), ("mia", "untaken")]
    assert look(noon, start + 3 * HOUR - MINUTE) == []
    assert look(noon, start + 3 * HOUR) == []
    assert noon.noon.swaps.get().state == "expired"
    assert noon.noon.swaps.get().wake_at is None


def test_after_an_outage_only_the_latest_reminder_is_sent(noon):
    noon.ask(12, 15, day=5)
    told(noon)
    assert look(noon, TODAY + 5 * DAY + 10 * HOUR) == [("bo", "open:10800"), ("cy", "open:10800")]


def test_after_days_of_silence_they_hear_once_that_nobody_took_it(noon):
    noon.ask(12, 15, day=5)
    told(noon)
    assert look(noon, TODAY + 12 * DAY) == [("ana", "untaken"), ("mia", "untaken")]


def test_what_was_asked_late_is_not_reminded_of_what_lay_before(noon):
    noon.ask(12, 15, now=TODAY + DAY + 8 * HOUR)
    told(noon)
    assert look(noon, TODAY + DAY + 9 * HOUR) == [("bo", "open:10800"), ("cy", "open:10800")]


def test_a_crash_between_looking_and_writing_tells_nobody_twice(noon):
    swap = noon.ask(12, 15, day=5)
    told(noon)
    at = TODAY + 4 * DAY + 12 * HOUR
    assert look(noon, at) != []
    type(swap).objects.update(wake_at=at)
    assert look(noon, at + MINUTE) == []


def test_taken_and_done_are_told_to_both(noon):
    swap = noon.ask(12, 15)
    told(noon)
    noon.take(swap)
    assert told(noon) == [("ana", "done"), ("bo", "done")]
    assert look(noon, TODAY + 2 * DAY) == []


def test_where_approval_is_needed_the_managers_are_asked(noon):
    noon.team.swaps_need_approval = True
    noon.team.save()
    swap = noon.ask(12, 15, day=5)
    told(noon)
    noon.take(swap)
    assert told(noon) == [("mia", "taken"), ("ana", "taken")]
    assert look(noon, TODAY + 4 * DAY + 12 * HOUR) == [("mia", "taken:86400")]
    actions.decline_swap(swap=swap, by=Actor.person(noon.mia), now=noon.now)
    assert told(noon) == [("ana", "declined"), ("bo", "declined")]


def test_what_the_giver_no_longer_carries_is_over(noon):
    swap = noon.ask(12, 15, day=5)
    noon.override("cover", noon.cy, 10, 16, day=5)
    told(noon)
    assert look(noon, TODAY + 2 * DAY + 12 * HOUR) == []
    swap.refresh_from_db()
    assert swap.state == "expired"


def test_one_bad_swap_does_not_hold_up_the_others(noon, monkeypatch):
    bad, good = noon.ask(12, 15, day=5), noon.ask(12, 15, day=6)
    told(noon)
    real = swap_reminders._look
    monkeypatch.setattr(
        swap_reminders, "_look", lambda row, now: 1 / 0 if row.pk == bad.pk else real(row, now)
    )
    assert {run for _, run in look(noon, TODAY + 5 * DAY)} == {"open:259200"}
    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.wake_at == noon.now + timedelta(minutes=5)
    assert good.wake_at > noon.now


class TestTakingOver:
    """“I take it from here”, and “take me off now”."""

    def over(self, noon, user):
        return actions.take_over(
            schedule=noon.noon, role="primary", user=user, by=Actor.person(user), now=noon.now
        )

    def test_from_now_to_the_next_change(self, noon):
        noon.now = TODAY + 13 * HOUR
        self.over(noon, noon.bo)
        assert noon.on(day=0) == ["ana 12-13", "bo 13-15"]

    def test_through_a_gap_to_its_end(self, noon):
        self.over(noon, noon.bo)
        assert noon.on(day=0) == ["bo 8-12", "ana 12-15"]

    def test_a_cover_in_force_ends_and_what_is_left_of_it_stands(self, noon):
        noon.override("cover", noon.cy, 10, 20, day=0)
        noon.now = TODAY + 13 * HOUR
        self.over(noon, noon.bo)
        assert noon.on(day=0) == ["cy 10-13", "bo 13-20"]
        noon.now = TODAY + 14 * HOUR
        self.over(noon, noon.cy)
        assert noon.on(day=0) == ["cy 10-13", "bo 13-14", "cy 14-20"]

    def test_who_has_it_already_hears_so(self, noon):
        noon.now = TODAY + 13 * HOUR
        with pytest.raises(actions.Refused, match="already, until 2026-03-02 15:00"):
            self.over(noon, noon.ana)

    def test_strangers_may_not(self, noon):
        with pytest.raises(actions.Refused, match="neither stands in Noon"):
            self.over(noon, noon.person("zoe", "Zoe Zed"))

    def test_where_nothing_ever_changes_it_lasts_for_the_turn(self):
        wide = Noon(wide=True)
        assert self.over(wide, wide.bo).end == TODAY + 12 * HOUR

    def test_take_me_off_now_asks_everyone_and_keeps_the_giver_on(self, noon):
        noon.now = TODAY + 13 * HOUR
        swap = actions.release(schedule=noon.noon, role="primary", user=noon.ana, by=TESTS, now=noon.now)
        assert (swap.urgent, swap.start, swap.end) == (True, noon.now, TODAY + 15 * HOUR)
        assert told(noon) == [("bo", "asked"), ("cy", "asked"), ("mia", "asked")]
        assert noon.on(day=0) == ["ana 12-15"]
        noon.now += 10 * MINUTE
        noon.take(swap, noon.cy)
        noon.now += DAY
        assert noon.on(day=0) == ["ana 12-13.1667", "cy 13.1667-15"]

    def test_who_is_on_by_one_cover_after_another_can_be_relieved(self, noon):
        noon.override("cover", noon.bo, 12, 13, day=0)
        noon.override("cover", noon.bo, 13, 15, day=0)
        noon.now = TODAY + 12.5 * HOUR
        self.over(noon, noon.cy)
        assert noon.on(day=0) == ["bo 12-12.5", "cy 12.5-15"]

    def test_who_is_not_on_cannot_be_taken_off(self, noon):
        with pytest.raises(actions.Refused, match="is not primary of Noon now"):
            actions.release(schedule=noon.noon, role="primary", user=noon.ana, by=TESTS, now=noon.now)

    def test_once_somebody_took_over_nothing_is_left_to_ask_for(self, noon):
        noon.now = TODAY + 13 * HOUR
        swap = actions.release(schedule=noon.noon, role="primary", user=noon.ana, by=TESTS, now=noon.now)
        noon.now += MINUTE
        self.over(noon, noon.bo)
        look(noon, noon.now)
        swap.refresh_from_db()
        assert swap.state == "expired"
