"""“Not changed” is said without computing a roster, and never of a calendar that would read differently."""

import os
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from oncall import actions, showing
from oncall.actions.feeds import issue_feed, set_alarm
from oncall.actions.slots import publish_due
from oncall.core.override import TemporaryShift
from oncall.models import Feed, Override
from people import actions as people
from tests.oncall.feeds.office import DAY, HOUR, NOW, TESTS, Office

MINUTE = timedelta(minutes=1)
WALKS = int(os.environ.get("FEED_WALKS", "8" if connection.vendor == "sqlite" else "4"))  # by hand: hundreds


def poll(path, at, **headers):
    with time_machine.travel(at, tick=False):
        return Client().get(path, headers=headers)


@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
@pytest.mark.parametrize("whose", [("--user", "ana"), ("--schedule", "Checkout")])
def test_an_unchanged_calendar_costs_three_queries(office, whose, header, monkeypatch):
    path = office.address(*whose)
    first = poll(path, NOW)
    known = first["ETag" if header == "If-None-Match" else "Last-Modified"]
    monkeypatch.setattr("oncall.feeds.showing", None)
    with CaptureQueriesContext(connection) as queries:
        assert poll(path, NOW + MINUTE / 2, **{header: known}).status_code == 304
    assert len(queries) == 3


def _cover(office, now, n):
    actions.add_override(
        schedule=office.schedules[n % 2],
        role="primary",
        user=office.everyone[n % 4],
        start=now + (n + 1) * 7 * HOUR,
        end=now + (n + 2) * 7 * HOUR,
        reason=f"reason {n}",
        by=TESTS,
        now=now,
    )


def _cancel(office, now, n):
    rows = list(Override.objects.filter(cancelled_at=None, start__gte=now).order_by("pk"))
    if rows:
        actions.cancel_override(override=rows[n % len(rows)], by=TESTS, now=now)


def _rename(office, now, n):
    people.change_user(user=office.everyone[n % 4], name=f"Name {n}", by=TESTS, now=now)


def _leave_or_come_back(office, now, n):
    person = office.everyone[1 + n % 3]
    verb = people.deactivate_user if person.is_active else people.reactivate_user
    verb(user=person, by=TESTS, now=now)


def _schedule(office, now, n):
    office.made += 1
    office.rotation(
        f"New {office.made}", [office.everyone[n % 4].pk, office.ana.pk], shift_length=f"{1 + n % 3}d"
    )


def _alarm(office, now, n):
    set_alarm(feed=Feed.objects.get(user=office.ana), minutes=n or None, by=TESTS, now=now)


def _keeper(office, now, n):
    publish_due(clock=lambda: now)


def _retire_or_bring_back(office, now, n):
    schedule = office.schedules[1]
    schedule.refresh_from_db()
    verb = actions.retire_schedule if schedule.retired_at is None else actions.bring_back
    verb(schedule=schedule, by=TESTS, now=now)


def _temporary(office, now, n):
    start = now + (1 + n) * DAY
    actions.add_temporary(
        schedule=office.schedules[n % 2],
        start=start,
        end=start + 2 * DAY,
        shifts=[TemporaryShift("primary", start, start + DAY, office.everyone[n % 4].pk)],
        by=TESTS,
        now=now,
    )


def _team(office, now, n):
    schedule = office.schedules[1]
    schedule.refresh_from_db()
    actions.set_team(schedule=schedule, team=None if n % 2 else office.team, by=TESTS, now=now)


EDITS = [_cover, _cancel, _rename, _leave_or_come_back, _schedule, _alarm, _keeper, _team]
EDITS += [_retire_or_bring_back, _temporary]
steps = st.lists(
    st.tuples(
        st.sampled_from([timedelta(), timedelta(seconds=1), MINUTE, HOUR, DAY, 9 * DAY]),
        st.sampled_from([*EDITS, None]),
        st.integers(0, 20),
        st.booleans(),
    ),
    min_size=1,
    max_size=7,
)


@pytest.mark.django_db
@settings(max_examples=WALKS, phases=[Phase.explicit, Phase.generate], deadline=None)
@given(steps=steps)
def test_no_calendar_that_would_differ_is_called_unchanged(steps):
    with transaction.atomic():
        _walk(steps)
        transaction.set_rollback(True)


def _walk(steps) -> None:
    office, now = Office(), NOW
    crew = dict.fromkeys((office.ana, office.bo, office.mia, office.zed), "responder")
    people.set_members(team=office.team, members=crew, by=TESTS, now=now)
    desk = office.rotation("Desk", [office.ana.pk, office.bo.pk, office.mia.pk], shift_length="3d")
    office.everyone, office.schedules = (
        [office.ana, office.bo, office.mia, office.zed],
        [office.schedule, desk],
    )
    office.made = 0
    owners = [(office.ana, False), (office.zed, False), (office.schedule, False), (office.team, False)]
    owners += [(desk, True), (office.team, True), (None, True)]
    tokens = [issue_feed(owner=owner, gaps=gaps, by=TESTS, now=now) for owner, gaps in owners]
    known = {path: poll(path, now) for path in (f"/ical/{token}.ics" for token in tokens)}
    for waited, edit, n, by_date in steps:
        now += waited
        if edit is not None:
            with suppress(actions.Refused):
                edit(office, now, n)
        header, validator = ("If-Modified-Since", "Last-Modified") if by_date else ("If-None-Match", "ETag")
        for path, last in list(known.items()):
            answer = poll(path, now, **{header: last[validator]})
            if not poll_again_is(path, now, answer, last):
                raise AssertionError((path, edit, n))
            if answer.status_code == 200:
                known[path] = answer


def poll_again_is(path, now, answer, last) -> bool:
    """Whether an answer is what somebody gets who knows nothing. That one is forgotten again: what it would
    write down must not help the next answer.
    """
    with transaction.atomic():
        fresh = poll(path, now)
        transaction.set_rollback(True)
    if answer.status_code == 410:
        return fresh.status_code == 410
    return fresh.content == (last if answer.status_code == 304 else answer).content


def test_another_way_of_writing_calendars_is_another_calendar(office, monkeypatch):
    path = office.address("--user", "ana")
    known = poll(path, NOW)["ETag"]
    monkeypatch.setattr(showing, "CODE", "the next version")
    with CaptureQueriesContext(connection) as queries:
        assert poll(path, NOW + MINUTE / 2, **{"If-None-Match": known}).status_code == 304
    assert len(queries) > 3
