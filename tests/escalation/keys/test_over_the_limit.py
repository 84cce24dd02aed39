"""More comes by a key than it takes."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from escalation import intake
from escalation.actions import config, respond
from escalation.actions.key_limits import set_events_per_minute
from escalation.intake import over_limit
from escalation.intake.refusals import notebook
from escalation.models import Alert, Incident, KeyMinute, LastPost
from escalation.selectors.senders import sending
from people.ledger.record import Actor
from tests.escalation.keys.conftest import refused, trigger
from tests.world import MINUTE, TESTS


@pytest.mark.parametrize(
    ("door", "status"), [("v2", 429), ("v1", 403), ("opsgenie", 429), ("goalert", 503), ("alertmanager", 503)]
)
def test_each_protocol_refuses_in_its_own_words(send, world, over, door, status):
    over(limit=120, retry_after=7)
    answer = send(door)
    assert (answer.status_code, answer["Retry-After"]) == (status, "7")
    message = answer.json()["message"]
    assert "120 events a minute" in message
    assert "send it again in 7 s" in message
    assert (refused(world.key).status, refused(world.key).why) == (status, message)


def test_what_is_more_than_the_key_takes_is_refused_shown_and_paged(send, world, at):
    set_events_per_minute(key=world.key, events=2, by=TESTS, now=world.now)
    assert [send("v2").status_code for _ in range(4)] == [202, 202, 429, 429]
    assert refused(world.key).status == 429
    assert len(world.tick().sent()) == 2  # the disk, and that there is more than is taken
    sent = sending([world.key.pk], now=world.now)[world.key.pk]
    assert (sent.minute, sent.hour, sent.refused_hour) == (2, 2, 2)
    resolve = trigger(event_action="resolve")
    assert send("v2", resolve).status_code == 202
    at(world.now + 2 * MINUTE)
    assert send("v2").status_code == 202


def test_a_refusal_costs_the_answer_what_its_key_costs(send, world, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(notebook, "wake", lambda: None)
    set_events_per_minute(key=world.key, events=1, by=TESTS, now=world.now)
    send("v2")
    with django_assert_num_queries(1):
        assert send("v2").status_code == 429
    notebook.write()
    assert refused(world.key).status == 429


def test_pagerduty_and_opsgenie_see_the_shape_that_they_know(send, over):
    over()
    assert send("v2").json()["status"] == "throttle exceeded"
    answer = send("opsgenie")
    assert {"took", "requestId", "message"} <= answer.json().keys()
    assert answer["X-RateLimit-State"] == "THROTTLED"


def raised():
    return Alert.objects.filter(dedup_key__startswith="watchbill:over-limit:")


def test_it_pages_once_while_it_lasts_and_ends_when_it_is_over(send, world, over, at):
    over(limit=120)
    for _ in range(5):
        send("v2")
    assert len(world.tick().sent()) == 1
    alert = raised().get()
    assert alert.service == world.service
    assert (alert.severity, alert.status, alert.event_count) == ("SEV-2", "open", 1)
    assert "Routing key tests of payments-api is over its limit of 120 events a minute" in alert.summary
    at(world.now + 9 * MINUTE)
    send("v2")
    for later, left in [(9 * MINUTE, 1), (MINUTE - timedelta(seconds=1), 1), (timedelta(seconds=1), 0)]:
        at(world.now + later)
        assert intake.end_over_limit(clock=lambda: world.now) == 1 - left
        assert raised().filter(status="open").count() == left
    assert Incident.objects.get().status == "resolved"
    assert intake.end_over_limit(clock=lambda: world.now) == 0
    send("v2")
    assert raised().filter(status="open").count() == 1


def test_who_resolves_it_by_hand_is_not_paged_for_the_next_refusal(send, world, over, at):
    over()
    send("v2")
    by = Actor.person(world.ana)
    respond.resolve(incident_id=Incident.objects.get().pk, by=by, now=world.now)
    at(world.now + 9 * MINUTE)
    send("v2")
    assert raised().get().status == "resolved"
    at(world.now + 2 * MINUTE)
    send("v2")
    assert raised().filter(status="open").count() == 1


def test_it_is_an_incident_of_its_own_however_its_service_groups(send, world, over):
    type(world.service).objects.update(group_window=timedelta(minutes=10))
    world.alert()
    over()
    send("v2")
    assert Incident.objects.count() == 2


def test_where_it_is_known_a_refusal_costs_one_statement(world):
    over_limit.keep_raised(world.key, limit=1, now=world.now)
    with CaptureQueriesContext(connection) as asked:
        over_limit.keep_raised(world.key, limit=1, now=world.now)
    assert len(asked) == 1


def test_a_sender_that_calls_its_alert_so_breaks_nothing(world):
    world.alert("watchbill:over-limit:x")
    world.alert("watchbill:over-limit:99999999999999999999999")
    another = config.create_service(name="another", policy=world.policy, team=None, by=TESTS, now=world.now)
    theirs = config.ensure_routing_key(service=another, name="t", key="c" * 32, by=TESTS, now=world.now)
    world.alert(f"watchbill:over-limit:{theirs.pk}")
    assert list(intake.over_limit_now()) == []


def test_an_alert_that_cannot_be_ended_holds_up_no_other(world):
    over_limit.keep_raised(world.key, limit=1, now=world.now)
    world.now += 11 * MINUTE
    with patch.object(over_limit, "Reaction", side_effect=ValueError("broken")):
        assert intake.end_over_limit(clock=lambda: world.now) == 0
    assert intake.end_over_limit(clock=lambda: world.now) == 0  # looked at again in ten minutes
    world.now += 11 * MINUTE
    assert intake.end_over_limit(clock=lambda: world.now) == 1


def test_an_outage_is_told_to_whoever_runs_it(world):
    over_limit.keep_raised(world.key, limit=1, now=world.now)
    with (
        patch.object(over_limit, "_end_one", side_effect=OperationalError("gone")),
        pytest.raises(OperationalError),
    ):
        intake.end_over_limit(clock=lambda: world.now + 11 * MINUTE)


def test_what_was_taken_in_is_no_refusal(send, world):
    assert send("v2").status_code == 202
    assert not LastPost.objects.exists()
    assert not KeyMinute.objects.filter(refused__gt=0).exists()
