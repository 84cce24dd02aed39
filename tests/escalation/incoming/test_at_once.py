"""One event in one statement writes what the way of many statements writes, and is as safe."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation import intake
from escalation.actions import config
from escalation.intake import guessing
from escalation.models import Alert, Incident, KeyMinute, RoutingKey, Service
from escalation.sources.event import Action, Event
from people.ledger.models import Entry
from people.prepared import Statement
from tests.racing import at_once as race
from tests.racing import outcomes_at_once
from tests.world import KEY, TESTS, World, pagerduty

postgres_only = pytest.mark.postgres("SQLite has no such statements")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    event: Event
    after: timedelta


SAID = st.builds(
    Said,
    event=st.builds(
        Event,
        action=st.sampled_from([*[Action.TRIGGER] * 4, Action.ACKNOWLEDGE, Action.RESOLVE]),
        dedup_key=st.sampled_from(["disk", "memory"]),
        summary=TEXTS,
        severity=st.sampled_from(["SEV-1", "SEV-2", "SEV-3", "SEV-4"]),
        word=st.sampled_from(["", "page", "fatal"]),
        source=TEXTS,
        labels=st.dictionaries(st.sampled_from(["cluster", "job"]), st.sampled_from(["a", "b"])),
        links=st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
        payload=st.dictionaries(TEXTS, JSON, max_size=3),
        group_key=st.sampled_from(["", "group"]),
        alone=st.booleans(),
    ),
    after=st.sampled_from([timedelta(0), timedelta(seconds=40), timedelta(minutes=20), timedelta(hours=9)]),
)


def statements(body: bytes | str) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = Client().post("/v2/enqueue", body, content_type="application/json")
    assert answer.status_code == 202
    return len(queries)


@postgres_only
def test_a_new_alert_takes_two_statements_and_a_repeat_one_or_two(world, monkeypatch):
    monkeypatch.setattr(guessing, "_open", {})
    assert statements(pagerduty("disk")) == 2
    assert statements(pagerduty("disk")) == 1
    Service.objects.update(severities={"fatal": "SEV-1"})  # looked at before the event is
    assert statements(pagerduty("disk")) == 2
    assert Alert.objects.get().event_count == 3


@postgres_only
def test_they_are_no_transaction_of_several_statements(transactional_db):
    World()
    with CaptureQueriesContext(connection) as queries:
        Client().post("/v2/enqueue", pagerduty("disk"), content_type="application/json")
    assert not [
        query for query in queries.captured_queries if query["sql"].startswith(("BEGIN", "SAVEPOINT"))
    ]
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("grouping", [(), ("cluster",)])
@pytest.mark.parametrize("severities", [{}, {"fatal": "SEV-1"}])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(SAID, min_size=1, max_size=6))
def test_it_writes_what_the_way_of_many_statements_writes(world, severities, grouping, said):
    """The oracle is that way, with the same events at the same times."""
    Service.objects.update(
        severities=severities,
        severity_rules=[{"match": {"job": "b"}, "severity": "SEV-4"}] if severities else [],
        group_by=list(grouping),
        group_window=timedelta(minutes=30) if grouping else None,
        auto_resolve_after=timedelta(hours=2),
    )
    with (
        patch("escalation.intake.at_once.may", return_value=False),
        patch("escalation.intake.receiving._one_to_repeat", return_value=None),
    ):
        expected = written(world, said)
    assert written(world, said) == expected


def written(world, said):
    point = transaction.savepoint()
    now = world.now
    opened = []
    for one in said:
        now += one.after
        opened.append(intake.receive(key=KEY, events=[one.event], source="tests", now=now))
    found = rows()
    transaction.savepoint_rollback(point)
    return opened, found


@postgres_only
def test_handed_to_libpq_itself_the_same_is_written(transactional_db):
    """Each statement is planned for the first event that it is asked of, and is asked of all the others."""
    world = World()
    begun = world.now - timedelta(hours=1)
    events = [
        Event(
            action=Action.TRIGGER, dedup_key=key, began_at=at, summary=text, labels={"job": text}, links=links
        )
        for key, at, text, links in (
            ("disk", None, "100 %s %% full", ()),
            ("memory", begun, "\u30e1\u30e2\u30ea \U0001f525 \\ ' \"", (("a", "https://a.example/?a=%20"),)),
            ("disk", begun, "", ()),
            ("load", None, "x" * 1024, ()),
        )
    ]
    said = [Said(event, timedelta(seconds=11)) for event in events * 2]
    with patch("people.prepared._straight_to", return_value=None):
        expected = taken_in(world, said)
    with connection.cursor() as cursor:
        for table in (Alert, Incident, KeyMinute, Entry):
            cursor.execute(f"DELETE FROM {table._meta.db_table}")  # noqa: S608 - our own tables
    with patch.object(Statement, "_by_cursor", side_effect=AssertionError):
        assert taken_in(world, said) == expected


def taken_in(world, said):
    opened = [
        intake.receive(key=KEY, events=[one.event], source="tests", now=world.now + number * one.after)
        for number, one in enumerate(said)
    ]
    return opened, rows()


def rows():
    """All that an event writes, but for the numbers of rows (those of pages stand in the record's data)."""
    numbers = {
        pk: place for place, pk in enumerate(Incident.objects.order_by("pk").values_list("pk", flat=True))
    }
    alerts = [
        {**row, "incident_id": numbers[row["incident_id"]], "id": None}
        for row in Alert.objects.order_by("pk").values()
    ]
    incidents = [{**row, "id": None} for row in Incident.objects.order_by("pk").values()]
    lines = [
        {**row, "subject_id": numbers[row["subject_id"]], "id": None, "data": sorted(row["data"])}
        for row in Entry.objects.filter(subject_type="incident").order_by("pk").values()
    ]
    minutes = sorted(
        (row["minute"], row["events"], row["refused"], row["last_event_at"])
        for row in KeyMinute.objects.values()
    )
    return alerts, incidents, lines, minutes


def test_a_repeat_that_is_worse_raises_the_incident(world):
    incident = world.alert(severity="SEV-3")
    world.alert(severity="SEV-1")
    incident.refresh_from_db()
    assert incident.severity == "SEV-1"
    assert Alert.objects.get().event_count == 2


def test_a_number_is_not_used_up_by_what_opens_nothing(world):
    first = world.alert("disk", severity="SEV-3")
    for severity in ("SEV-1", "SEV-3"):
        world.alert("disk", severity=severity)
    assert world.alert("memory").pk == first.pk + 1


@pytest.mark.parametrize("over", [{"has_rules": True}, {"has_routing": True}, {"has_maintenance": True}])
def test_what_something_looks_at_is_counted_in_no_statement_of_one(world, over):
    world.alert()
    Service.objects.update(**over)
    with patch("escalation.intake.receiving._receive_batch", return_value=0) as other_way:
        world.alert()
    other_way.assert_called_once()
    assert Alert.objects.get().event_count == 1


def test_a_key_that_takes_only_what_is_signed_takes_no_repeat_that_is_not(world):
    world.alert()
    RoutingKey.objects.update(signing_secret="s" * 32)
    with pytest.raises(intake.UnknownKey):
        world.alert()
    assert Alert.objects.get().event_count == 1


def test_what_orjson_does_not_write_is_taken_in_all_the_same(world):
    event = Event(action=Action.TRIGGER, dedup_key="disk", summary="full", payload={"bytes": 2**70})
    intake.receive(key=KEY, events=[event], source="tests", now=world.now)
    assert Alert.objects.get().payload == {"bytes": 2**70}


def test_a_key_that_is_revoked_meanwhile_is_unknown(world):
    world.alert()
    config.revoke_routing_key(key=RoutingKey.objects.get(), by=TESTS, now=world.now)
    with pytest.raises(intake.UnknownKey):
        world.alert()


def test_new_keys_at_once_each_have_one_incident_and_a_number_of_their_own(transactional_db):
    world = World()
    race(*(partial(world.alert, f"disk-{number % 4}") for number in range(12)))
    assert Alert.objects.count() == Incident.objects.count() == 4
    assert sum(Alert.objects.values_list("event_count", flat=True)) == 12
    assert sum(KeyMinute.objects.values_list("events", flat=True)) == 12


def test_one_that_ends_an_alert_while_it_repeats_leaves_one_or_none_open(transactional_db):
    world = World()
    world.alert()
    works = [partial(world.alert, action=Action.RESOLVE), partial(world.alert), partial(world.alert)]
    assert not [fault for fault in outcomes_at_once(*works) if isinstance(fault, Exception)]
    still_open = Alert.objects.filter(status="open").count()
    assert still_open <= 1
    assert Incident.objects.exclude(status="resolved").count() == still_open
