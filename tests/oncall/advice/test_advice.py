"""Advice from rows: in a fixed number of queries, over all of a person's schedules, saved or not."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import actions as oncall
from oncall import advice
from oncall.advice import Watch, advise, advise_unsaved, register
from oncall.core.definition import Definition
from oncall.core.finding import Finding, Kind, Level
from oncall.loading import rosters
from paging.actions import contacts
from people.actions import deactivate_user, set_members
from tests.world import TESTS, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    return World()


def kinds(world: World, schedule=None) -> set[str]:
    found = advise([(schedule or world.schedule).pk], now=world.now)
    return {one.kind for findings in found.values() for one in findings}


def override(world: World, **more):
    given = {
        "kind": "cover",
        "role": "primary",
        "start": world.now + DAY,
        "end": world.now + 2 * DAY,
        "user": world.mia,
    }
    return oncall.add_override(schedule=world.schedule, by=TESTS, now=world.now, **given | more)


def test_two_people_who_do_everything(world):
    assert kinds(world) == {Kind.FEW, Kind.SHARE}


def test_as_many_queries_for_ten_schedules_as_for_one(world):
    ids = [world.rotation(f"S{n}", [[world.ana.pk], [world.bo.pk], [world.mia.pk]]).pk for n in range(9)]
    with CaptureQueriesContext(
        connection,
    ) as one:
        advise([world.schedule.pk], now=world.now)
    with CaptureQueriesContext(connection) as all_of_them:
        found = advise([world.schedule.pk, *ids], now=world.now)
    assert len(all_of_them) <= len(one) <= 14
    assert set(found) == {world.schedule.pk, *ids}


def test_a_retired_schedule_has_nothing_to_say(world):
    oncall.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    assert advise([world.schedule.pk], now=world.now) == {}


def test_who_cannot_be_reached_who_left_and_who_is_not_in_the_team(world):
    contacts.disable_contact_method(
        method=world.bo.contact_methods.get(), reason="gone", by=TESTS, now=world.now
    )
    assert Kind.UNREACHABLE in kinds(world)
    set_members(
        team=world.team, members={world.ana: "responder", world.mia: "manager"}, by=TESTS, now=world.now
    )
    assert Kind.NOT_IN_TEAM in kinds(world)
    deactivate_user(user=world.bo, by=TESTS, now=world.now)
    assert {Kind.LEFT, Kind.GAP} <= kinds(world)


def test_an_override_of_somebody_who_left(world):
    override(world)
    assert Kind.VOID not in kinds(world)
    deactivate_user(user=world.mia, by=TESTS, now=world.now)
    assert Kind.VOID in kinds(world)


def test_whole_days_of_time_off_are_days_of_the_persons_zone(world):
    world.mia.time_zone = "Pacific/Auckland"  # its 4 March begins at 11:00 UTC on the 3rd
    world.mia.save()
    day = (world.now + 2 * DAY).date()
    oncall.add_time_off(user=world.mia, start=day, end=day + DAY, reason="", by=TESTS, now=world.now)
    before = world.now.replace(hour=10, minute=0) + DAY
    one = override(world, start=before, end=before + HOUR)
    assert Kind.AWAY not in kinds(world)
    oncall.cancel_override(override=one, by=TESTS, now=world.now)
    override(world, start=before, end=before + HOUR + timedelta(minutes=1))
    assert Kind.AWAY in kinds(world)


def test_a_shift_on_another_schedule_counts_too(world):
    """Cy ends on Other at 09:00 on Tuesday, and covers Payments from 10:00."""
    cy = world.person("cy", "Cy")
    other = world.rotation("Other", [[world.mia.pk]])
    oncall.add_override(
        schedule=other, role="primary", kind="cover", start=world.now + HOUR, end=world.now + 23 * HOUR,
        user=cy, by=TESTS, now=world.now,
    )  # fmt: skip
    assert Kind.BACK_TO_BACK not in kinds(world)
    override(world, user=cy)
    [found] = [
        one
        for one in advise([world.schedule.pk], now=world.now)[world.schedule.pk]
        if one.kind == Kind.BACK_TO_BACK
    ]
    assert found.users == ("cy",)
    assert "Other" in found.what


def test_woken_at_night_and_on_again_before_rest(world):
    world.now = world.now.replace(hour=3) + DAY
    world.alert()
    world.tick()
    assert Kind.REST not in kinds(world)
    override(world, user=world.ana, role="secondary", start=world.now + 10 * HOUR, end=world.now + 12 * HOUR)
    assert Kind.REST in kinds(world)


def test_a_new_version_is_no_second_shift(world):
    """Ana goes on through the edit: it is not back to back."""
    slots = [[person.pk] for person in (world.ana, world.bo, world.mia)]
    another = {"name": "Another", "participants": slots, "start": "2026-03-02T09:00"}
    said = {"roles": {"primary": {"layers": [another]}}}
    world.now += 26 * HOUR
    words = {"time_zone": "UTC", "holidays": "", "definition": Definition.from_json(said)}
    oncall.new_version(schedule=world.schedule, by=TESTS, now=world.now, **words)
    assert Kind.BACK_TO_BACK not in kinds(world)


def test_unsaved_says_what_saved_says(world):
    deactivate_user(user=world.bo, by=TESTS, now=world.now)
    pk, since, until = world.schedule.pk, world.now - 14 * DAY, world.now + 43 * DAY
    roster = rosters([pk], since=since, until=until)[pk]
    saved = advise([pk], now=world.now)[pk]
    unsaved = advise_unsaved(schedule=world.schedule, roster=roster, team=world.team, now=world.now)
    assert unsaved == saved
    anew = advise_unsaved(schedule=None, roster=roster, team=None, now=world.now)
    assert {one.kind for one in anew} >= {Kind.GAP, Kind.LEFT}


def test_an_upper_room_may_add_a_check(world, monkeypatch):
    monkeypatch.setattr(advice, "_registered", [])
    told = Finding(Level.WARNING, "Too dear.", "", "cap", "Payments")
    check = lambda cases: [(one.id, told) for one in cases]  # noqa: E731
    register(check)
    register(check)
    assert [
        one for one in advise([world.schedule.pk], now=world.now)[world.schedule.pk] if one.kind == "cap"
    ] == [told]


def test_a_watch_says_what_an_edit_causes_and_what_it_mends(world):
    watch = Watch([world.schedule.pk], now=world.now)
    made = override(world, kind="remove", user=world.ana)
    [told] = [one for one in watch.told([world.schedule.pk]) if one.finding.kind == Kind.GAP]
    assert told.new
    assert not any(one.new for one in watch.told([world.schedule.pk]) if one.finding.kind == Kind.FEW)
    assert [one.kind for one in watch.worse(world.schedule.pk)] == [Kind.GAP]
    again = Watch([world.schedule.pk], now=world.now)
    oncall.cancel_override(override=made, by=TESTS, now=world.now)
    assert again.worse(world.schedule.pk) == []


def test_all_a_new_schedule_has_is_new(world):
    watch = Watch([], now=world.now)
    made = world.rotation("New", [[world.mia.pk]])
    assert Kind.FEW in {one.kind for one in watch.worse(made.pk)}
