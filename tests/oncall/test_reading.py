"""Loading and selectors: the resolver's answers from rows, in a fixed number of queries."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import actions, selectors
from oncall.core.definition import Definition
from oncall.core.override import TemporaryShift
from oncall.models import HolidayDate, Schedule
from people.actions import create_user
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
BY = Actor("the tests")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def person(name: str) -> User:
    return create_user(username=name, email=f"{name}@example.com", by=BY, now=NOW)


def daily(*people: User, **more: Any) -> dict[str, Any]:
    slots = [[one.pk] for one in people]
    return {"name": "Daily", "participants": slots, "start": "2025-01-01T00:00", "shift_length": "1d"} | more


def schedule(name: str, *people: User, now: datetime = NOW, holidays: str = "", **more: Any) -> Schedule:
    roles = {"primary": {"layers": [daily(*people, **more)]}}
    return actions.create_schedule(
        name=name,
        team=None,
        time_zone="UTC",
        holidays=holidays,
        definition=Definition.from_json({"roles": roles}),
        by=BY,
        now=now,
    )


def queries(ask: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        ask()
    return len(captured)


def full(name: str, ana: User, bo: User) -> Schedule:
    """A schedule with everything the loader reads."""
    made = schedule(name, ana, bo, turns="worked_days", holidays="GB-ENG")
    for kind in ("cover", "add"):
        actions.add_override(
            schedule=made, role="primary", kind=kind, start=NOW, end=NOW + HOUR, user=bo, by=BY, now=NOW
        )
    shift = TemporaryShift("primary", NOW + DAY, NOW + DAY + HOUR, ana.pk)
    actions.add_temporary(schedule=made, start=NOW + DAY, end=NOW + 2 * DAY, shifts=[shift], by=BY, now=NOW)
    return made


def test_who_is_on_call_now_takes_three_queries_however_many_schedules():
    ana, bo = person("ana"), person("bo")
    some = [full(f"S{n}", ana, bo).pk for n in range(4)]
    assert queries(lambda: selectors.on_call(some, at=NOW)) <= 3
    assert selectors.on_call(some, at=NOW) == {(one, "primary"): (bo.pk,) for one in some}


def test_a_range_takes_at_most_four_queries():
    made = full("S", person("ana"), person("bo"))
    assert queries(lambda: selectors.final_shifts(made, since=NOW - 300 * DAY, until=NOW + 65 * DAY)) <= 4


def test_rows_become_shifts_with_what_lies_over_them():
    ana, bo = person("ana"), person("bo")
    found = selectors.final_shifts(full("S", ana, bo), since=NOW, until=NOW + 2 * DAY)
    assert [(one.user, one.start, one.end, one.override) for one in found] == [
        (bo.pk, NOW, NOW + HOUR, "cover"),
        (ana.pk, NOW + HOUR, NOW + 12 * HOUR, ""),
        (bo.pk, NOW + 12 * HOUR, NOW + 24 * HOUR, ""),
        (ana.pk, NOW + 24 * HOUR, NOW + 25 * HOUR, "temporary"),
        (None, NOW + 25 * HOUR, NOW + 48 * HOUR, ""),
    ]


def test_only_the_versions_of_the_range_count():
    ana, bo = person("ana"), person("bo")
    made = schedule("S", ana)
    for n, one in enumerate((bo, ana, bo), 1):
        when = NOW + n * DAY
        said = Definition.from_json({"roles": {"primary": {"layers": [daily(one)]}}})
        actions.new_version(
            schedule=made, time_zone="UTC", holidays="", definition=said, by=BY, now=when, effective_from=when
        )
    on = [selectors.on_call([made.pk], at=NOW + n * DAY)[made.pk, "primary"] for n in (0, 1, 2, 3)]
    assert on == [(ana.pk,), (bo.pk,), (ana.pk,), (bo.pk,)]
    just_before = NOW + DAY - timedelta(microseconds=1)
    assert selectors.on_call([made.pk], at=just_before)[made.pk, "primary"] == (ana.pk,)


def test_one_who_left_is_nobody_from_the_instant_in_the_ledger():
    ana = person("ana")
    made = schedule("S", ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    record([Line(Verb.USER_DEACTIVATED, ("user", ana.pk), BY, "ana left")], now=NOW)
    found = selectors.final_shifts(made, since=NOW - HOUR, until=NOW + HOUR)
    assert [(one.user, one.start) for one in found] == [(ana.pk, NOW - HOUR), (None, NOW)]


def test_one_who_is_inactive_without_a_ledger_entry_is_not_on_call():
    ana = person("ana")
    made = schedule("S", ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert selectors.on_call([made.pk], at=NOW) == {(made.pk, "primary"): ()}


def test_holidays_of_the_rows_take_no_turn():
    ana, bo = person("ana"), person("bo")
    made = schedule("S", ana, bo, turns="worked_days", holidays="GB-ENG")
    HolidayDate.objects.create(calendar="GB-ENG", date=date(2025, 3, 4), name="Kept in rows")
    on = [selectors.on_call([made.pk], at=NOW + n * DAY)[made.pk, "primary"] for n in range(3)]
    assert on[0] == on[1] != on[2]


def test_a_cancelled_override_is_not_there():
    ana, bo = person("ana"), person("bo")
    made = schedule("S", ana)
    cover = actions.add_override(
        schedule=made, role="primary", start=NOW + HOUR, end=NOW + DAY, user=bo, by=BY, now=NOW
    )
    actions.cancel_override(override=cover, by=BY, now=NOW)
    assert selectors.on_call([made.pk], at=NOW + HOUR) == {(made.pk, "primary"): (ana.pk,)}


def test_the_next_handoff_is_the_next_change_of_people():
    ana, bo = person("ana"), person("bo")
    made, alone = schedule("S", ana, ana, bo), schedule("Alone", ana)
    midnight = datetime(2025, 3, 4, tzinfo=UTC)
    assert selectors.next_handoff(made, at=midnight - 2 * DAY) == midnight
    assert selectors.next_handoff(made, at=midnight) == midnight + DAY
    assert selectors.next_handoff(alone, at=NOW) is None


def test_the_next_handoff_is_also_where_somebody_comes_on_beside():
    ana, bo = person("ana"), person("bo")
    made = schedule("S", ana)
    actions.add_override(
        schedule=made, role="primary", kind="add", start=NOW + HOUR, end=NOW + DAY, user=bo, by=BY, now=NOW
    )
    assert selectors.next_handoff(made, at=NOW) == NOW + HOUR
    assert selectors.next_handoff(made, at=NOW + HOUR) == NOW + DAY


def test_roles_are_those_of_the_version_in_force():
    made = schedule("S", person("ana"))
    roles = {name: {"layers": []} for name in ("shadow", "secondary", "primary")}
    actions.new_version(
        schedule=made,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json({"roles": roles}),
        by=BY,
        now=NOW,
        effective_from=NOW + DAY,
    )
    assert selectors.roles_of(made, at=NOW) == ("primary",)
    assert selectors.roles_of(made, at=NOW + DAY) == ("primary", "secondary", "shadow")


def test_a_persons_schedules_are_those_that_name_them():
    ana, bo, cy, di = (person(name) for name in ("ana", "bo", "cy", "di"))
    made = schedule("S", ana)
    schedule("Other", di)
    actions.add_override(schedule=made, role="primary", start=NOW, end=NOW + DAY, user=bo, by=BY, now=NOW)
    shift = TemporaryShift("primary", NOW, NOW + HOUR, cy.pk)
    actions.add_temporary(schedule=made, start=NOW, end=NOW + DAY, shifts=[shift], by=BY, now=NOW)
    assert [list(selectors.schedules_of(one.pk)) for one in (ana, bo, cy)] == [[made]] * 3
    assert made not in selectors.schedules_of(di.pk)


def test_nothing_is_asked_of_no_schedules():
    assert selectors.on_call([], at=NOW) == {}


def test_gaps_of_a_hundred_schedules_take_as_many_queries_as_those_of_one():
    ana = person("ana")
    window = [{"days": ["wed"], "start": "10:00", "end": "12:00"}]
    made = [schedule(f"Desk {n}", ana, restrictions=window).pk for n in range(100)]
    since, until = NOW.replace(hour=0), NOW.replace(hour=0) + timedelta(days=7)
    counts = [
        queries(lambda some=some: list(selectors.gaps(some, since=since, until=until)))
        for some in (made[:1], made)
    ]
    assert counts == [2, 2]
    found = list(selectors.gaps(made[:2], since=since, until=until))
    assert {pk for pk, _ in found} == set(made[:2])
    assert all(gap.user is None for _, gap in found)
    covered = 7 * 24 * HOUR - sum((gap.end - gap.start for pk, gap in found if pk == made[0]), 0 * HOUR)
    assert covered == 2 * HOUR


@pytest.mark.parametrize("layers", [1, 12])
def test_the_number_of_layers_does_not_count_in_queries(layers):
    ana = person("ana")
    said = {"primary": {"layers": [daily(ana, name=f"L{n}") for n in range(layers)]}}
    made = actions.create_schedule(
        name="Desk",
        team=None,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json({"roles": said}),
        by=BY,
        now=NOW,
    )
    year = timedelta(days=365)
    assert queries(lambda: selectors.on_call([made.pk], at=NOW)) == 2
    assert queries(lambda: selectors.final_shifts(made, since=NOW, until=NOW + year)) == 2
