"""Incidents that are one: the others end, and go on as the one that a person chose."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from escalation.actions import config, merging, respond
from escalation.actions.respond import Refused
from escalation.models import Incident
from escalation.sources.event import Action
from paging.models import Attempt
from people.ledger.record import Actor
from tests.world import TESTS

pytestmark = pytest.mark.django_db


def merge(world, into, *others, why=""):
    ids = [one.pk for one in others]
    by = Actor.person(world.mia, via="web")
    merging.merge(into=into.pk, incidents=ids, by=by, now=world.now, why=why)
    for one in (into, *others):
        one.refresh_from_db()


def told(world):
    rows = Attempt.objects.filter(notification__page__urgency="info").order_by("pk")
    return [(row.notification.page.user.username, row.subject) for row in rows]


def test_alerts_move_paging_of_the_others_stops_and_each_timeline_says_it(world):
    into, other = world.alert("a"), world.alert("b")
    world.tick()
    merge(world, into, other, why="one switch")
    assert sorted(into.alerts.values_list("dedup_key", flat=True)) == ["a", "b"]
    assert (other.status, other.merged_into, other.resolved_by) == ("resolved", into, world.mia)
    assert (into.status, into.alert_count, into.title) == ("triggered", 2, "a is full")
    assert f"Mia Falk (web): merged into this incident: #{other.pk} b is full (one switch)" in world.timeline(
        into
    )
    line = (
        f"Mia Falk (web): merged the incident into #{into.pk}, which has its alerts from now on (one switch)"
    )
    assert line in world.timeline(other)
    sent = world.sent()
    world.wait(minutes=5)
    assert world.sent()[len(sent) :] == [(5, "bo", "email")]  # about the one that goes on, and once


def test_who_was_paged_hears_where_it_goes_on_once(world):
    into, other = world.alert("a"), world.alert("b")
    world.tick()
    merge(world, into, other)
    world.tick()
    assert told(world) == [("ana", f"Merged into #{into.pk} by Mia Falk: #{other.pk} b is full")]
    respond.resolve(incident_id=into.pk, by=Actor.person(world.mia), now=world.now)
    world.tick()
    assert told(world)[1:] == [("ana", f"Resolved by Mia Falk: #{into.pk} a is full")]


def test_a_moved_alert_speaks_of_the_one_that_goes_on(world):
    into, other = world.alert("a"), world.alert("b")
    merge(world, into, other)
    assert world.alert("b") == into
    world.alert("a", action=Action.RESOLVE)
    into.refresh_from_db()
    assert into.status == "triggered"
    world.alert("b", action=Action.RESOLVE)
    into.refresh_from_db()
    assert into.status == "resolved"


def test_a_worse_one_raises_it_and_pages_where_it_waited(world):
    low, bad = world.alert("a", severity="SEV-4"), world.alert("b", severity="SEV-1")
    merge(world, low, bad)
    assert (low.severity, low.urgency, low.status) == ("SEV-1", "high", "triggered")
    assert world.tick().sent() == [(0, "ana", "email")]


def test_one_that_somebody_was_paged_about_is_not_silent_in_an_exhausted_one(world):
    into = world.alert("a")
    world.wait(minutes=30)
    other = world.alert("b")
    before = len(world.tick().sent())
    merge(world, into, other)
    assert world.tick().sent()[before:] == [(30, "ana", "email")]
    assert into.parked_reason == ""


def test_low_ones_that_are_merged_wake_nobody(world):
    into, other = world.alert("a", severity="SEV-4"), world.alert("b", severity="SEV-4")
    merge(world, into, other)
    assert world.wait(minutes=5).sent() == []
    assert into.parked_reason == "low urgency"


def test_who_is_on_it_stays_on_it_though_a_worse_one_is_merged_into_it(world):
    into, bad = world.alert("a", severity="SEV-2"), world.alert("b", severity="SEV-1")
    world.tick().acknowledge(into, world.bo)
    merge(world, into, bad)
    assert (into.status, into.acknowledged_by, into.severity) == ("acknowledged", world.bo, "SEV-1")
    world.wait(minutes=31)
    into.refresh_from_db()
    assert into.status == "triggered"  # not for ever


@pytest.mark.parametrize(("severity", "wakes"), [("SEV-1", True), ("SEV-2", False)])
def test_what_is_put_off_is_woken_by_a_worse_one_only(world, severity, wakes):
    into, other = world.alert("a", severity="SEV-2"), world.alert("b", severity=severity)
    world.tick()
    until = world.now + timedelta(days=3)
    respond.snooze(incident_id=into.pk, until=until, by=TESTS, now=world.now)
    merge(world, into, other)
    assert (into.status == "triggered") == wakes


def test_across_services_it_keeps_its_own_service_and_policy(world):
    search = config.create_service(name="search", policy=world.policy, by=TESTS, now=world.now)
    config.ensure_routing_key(service=search, name="tests", key="f" * 32, by=TESTS, now=world.now)
    into, other = world.alert("a"), world.alert("b", key="f" * 32)
    merge(world, into, other)
    assert into.service == world.service
    assert {alert.service.name for alert in into.alerts.all()} == {"payments-api", "search"}
    assert world.alert("b", key="f" * 32) == into


def test_what_was_merged_before_comes_along(world):
    a, b, c = world.alert("a"), world.alert("b"), world.alert("c")
    merge(world, b, c)
    merge(world, a, b)
    assert sorted(a.alerts.values_list("dedup_key", flat=True)) == ["a", "b", "c"]
    assert (a.alert_count, b.merged_into, list(b.merged.all())) == (3, a, [c])


def test_a_key_that_flaps_marks_the_one_that_goes_on(world):
    for _ in range(3):
        world.alert("b")
        flapping = world.alert("b", action=Action.RESOLVE)
    into, flapping = world.alert("a"), world.alert("b")
    merge(world, into, flapping)
    assert into.flapping == "flapping: 4th time in 24 h"


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([], "Name at least one incident to merge"),
        (["into"], "cannot be merged into itself"),
        (["other", "into"], "cannot be merged into itself"),
        (["over"], "is already resolved"),
        ([10**12], "There is no incident #1000000000000"),
        (range(10**6, 10**6 + 101), "At most 100 incidents are merged at once, and these are 101"),
    ],
)
def test_what_cannot_be_merged_is_refused_and_nothing_happens(world, ids, said):
    rows = {name: world.alert(name) for name in ("into", "other", "over")}
    respond.resolve(incident_id=rows["over"].pk, by=TESTS, now=world.now)
    wanted = [rows[one].pk if one in rows else one for one in ids]
    with pytest.raises(Refused, match=said):
        merging.merge(into=rows["into"].pk, incidents=wanted, by=TESTS, now=world.now)
    assert sorted(Incident.objects.values_list("status", flat=True)) == ["resolved", "triggered", "triggered"]
    assert not Incident.objects.filter(merged_into__isnull=False).exists()


def test_nothing_is_merged_into_what_is_over_and_who_answers_is_told_where_it_went(world):
    into, other, third = world.alert("a"), world.alert("b"), world.alert("c")
    merge(world, into, other)
    said = f"Incident #{other.pk} was merged into #{into.pk} by Mia Falk; answer that one."
    with pytest.raises(Refused, match=said):
        merging.merge(into=other.pk, incidents=[third.pk], by=TESTS, now=world.now)
    with pytest.raises(Refused, match=said):
        world.acknowledge(other, world.bo)
    with pytest.raises(Incident.DoesNotExist, match="There is no incident #99999"):
        merging.merge(into=99999, incidents=[third.pk], by=TESTS, now=world.now)


def test_the_database_keeps_what_is_merged_over(world):
    into, other = world.alert("a"), world.alert("b")
    for wrong in ({"pk": other.pk, "into": into}, {"pk": into.pk, "into": into}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.filter(pk=wrong["pk"]).update(merged_into=wrong["into"])


def test_over_the_api(api, world):
    into, other = world.alert("a"), world.alert("b")
    path = f"/api/v1/incidents/{into.pk}/merge"
    shown = api.post(path, {"incidents": [other.pk], "reason": "the same"}, format="json").json()
    assert (shown["merged"], shown["alert_count"], len(shown["alerts"])) == ([other.pk], 2, 2)
    gone = api.get(f"/api/v1/incidents/{other.pk}").json()
    assert (gone["status"], gone["merged_into"], gone["alerts"]) == ("resolved", into.pk, [])
    again = api.post(path, {"incidents": [other.pk]}, format="json")
    assert (again.status_code, "was merged into" in again.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"incidents": []}, 400),
        ({"incidents": 5}, 400),
        ({"incidents": ["x"]}, 400),
        ({"incidents": [0]}, 400),
        ({"incidents": [2**64]}, 400),
        ({"incidents": list(range(1, 102))}, 400),
        ({"incidents": [999_999]}, 409),
        ({"incidents": [1], "reason": "x" * 1001}, 400),
        ([], 400),
    ],
)
def test_bad_input_over_the_api_is_refused_and_changes_nothing(api, world, body, status):
    into = world.alert("a")
    answer = api.post(f"/api/v1/incidents/{into.pk}/merge", body, format="json")
    assert answer.status_code == status
    assert (
        api.post("/api/v1/incidents/999999/merge", {"incidents": [into.pk]}, format="json").status_code == 404
    )
    into.refresh_from_db()
    assert into.status == "triggered"
