"""A source that must call in, as it and those on call see it (case D7)."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from escalation.actions import config, respond
from escalation.actions.heartbeats import mute_heartbeat, retire_heartbeat, unmute_heartbeat
from escalation.actions.steps import ConfigError
from escalation.intake import heartbeats
from escalation.models import Alert, Heartbeat, Incident
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.database_faults import refused
from tests.escalation.heartbeats.conftest import HOUR, KEY
from tests.world import TESTS

UNKNOWN = "0" * 32


def test_one_that_never_called_is_not_missed(source):
    assert source.looked_for(days=10) == 0
    assert not Incident.objects.exists()


def test_silence_past_its_grace_pages_and_a_call_ends_it_before_the_next_step(source):
    assert source.call().status_code == 200
    assert source.looked_for(minutes=64, seconds=59) == 0
    assert source.looked_for(seconds=1) == 1
    incident = Incident.objects.get()
    assert (incident.title, incident.severity) == ("nightly-backup has not called in for 65 min", "SEV-2")
    assert Alert.objects.get().dedup_key == f"heartbeat:{source.row.pk}"
    assert source.world.sent() == [(65, "ana", "email")]
    source.world.wait(minutes=4)
    answer = source.call()
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    incident.refresh_from_db()
    assert (incident.status, Alert.objects.get().status) == ("resolved", "resolved")
    assert source.looked_for(minutes=60) == 0
    assert source.world.sent() == [(65, "ana", "email")]
    assert "nightly-backup (heartbeat): resolved the incident" in source.world.timeline(incident)


def test_one_silence_is_one_incident_also_when_a_person_closes_it(source):
    source.call()
    assert source.looked_for(hours=2) == 1
    respond.resolve(incident_id=Incident.objects.get().pk, by=TESTS, now=source.world.now)
    assert source.looked_for(hours=48) == 0
    source.call()
    assert source.looked_for(hours=2) == 1
    assert Incident.objects.count() == 2


@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_it_may_call_as_it_likes_and_nothing_redirects(source, method, slash):
    answer = source.call(method, f"/heartbeats/{KEY}{slash}")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert not answer.cookies
    assert answer.content == (b"" if method == "head" else b"ok\n")
    source.row.refresh_from_db()
    assert source.row.last_call_at == source.world.now
    assert source.row.due_at == source.world.now + HOUR + timedelta(minutes=5)


@pytest.mark.parametrize("body", [b"", b"{", b"\x00\xff", b"x" * (512 * 1024)])
def test_whatever_it_says_is_read_and_ignored(source, body):
    assert source.call("post", data=body, content_type="text/plain").status_code == 200
    assert source.call("post", data=body, content_type="multipart/form-data; boundary=x").status_code == 200


def test_a_body_over_the_limit_is_refused_and_no_call(source):
    assert source.call("post", data=b"x" * (512 * 1024 + 1), content_type="text/plain").status_code == 413
    source.row.refresh_from_db()
    assert source.row.last_call_at is None


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_no_calls(source, method):
    answer = source.call(method)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST, HEAD")
    source.row.refresh_from_db()
    assert source.row.last_call_at is None


def test_no_answer_tells_which_keys_exist(source):
    """Unknown, retired, of a retired service, no key at all by its form: the same to the byte."""
    said = [
        source.call(path=f"/heartbeats/{key}").content for key in (UNKNOWN, "x", "%00", "é" * 40, KEY.upper())
    ]
    retire_heartbeat(heartbeat=source.row, by=TESTS, now=source.world.now)
    gone = source.call()
    assert gone.status_code == 404
    assert {*said} == {gone.content}
    source.is_(every=HOUR)
    config.retire_service(service=source.world.service, by=TESTS, now=source.world.now)
    assert (source.call().status_code, source.call().content) == (404, gone.content)


def test_a_call_is_one_statement_and_one_that_ends_a_silence_not_many(source, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        source.call()
    source.looked_for(hours=2)
    with django_assert_max_num_queries(30):
        source.call()


def test_forty_that_fall_silent_at_once_cost_hardly_more_statements_than_two(source):
    def cost(number):
        for n in range(number):
            source.is_(every=HOUR, name=f"job-{number}-{n}", key=f"{number:016x}{n:016x}")
            source.call(path=f"/heartbeats/{number:016x}{n:016x}")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert source.looked_for(hours=2) == number
        return sum("escalation_" in one["sql"] and "SELECT" not in one["sql"][:6] for one in asked)

    assert cost(40) <= cost(2) + 8  # the engine's own batches of 20


def test_the_severity_is_the_one_it_was_given(source):
    source.is_(every=HOUR, severity="SEV-4")
    source.call()
    source.looked_for(hours=2)
    incident = Incident.objects.get()
    assert (incident.severity, incident.parked_reason) == ("SEV-4", "low urgency")
    assert source.world.sent() == []


def test_a_muted_one_is_missed_when_its_mute_ends_and_not_before(source):
    source.call()
    until = source.world.now + 6 * HOUR
    by = Actor.person(source.world.bo, via="web")
    mute_heartbeat(heartbeat_id=source.row.pk, until=until, by=by, now=source.world.now, why="moving it")
    assert source.looked_for(minutes=75) == 0
    assert source.looked_for(hours=4, minutes=44, seconds=59) == 0
    assert source.looked_for(seconds=1) == 1
    assert Incident.objects.get().title == "nightly-backup has not called in for 6 h"
    said = Entry.objects.get(verb="heartbeat.muted")
    assert (said.actor, said.why) == (source.world.bo, "moving it")
    assert said.what == "muted heartbeat nightly-backup of payments-api until 2026-03-02 16:00 UTC"


def test_a_call_of_a_muted_one_is_heard_and_its_mute_stays(source):
    mute_heartbeat(
        heartbeat_id=source.row.pk, until=source.world.now + 6 * HOUR, by=TESTS, now=source.world.now
    )
    source.world.wait(hours=5)
    source.call()
    assert source.looked_for(minutes=64) == 0
    assert source.looked_for(minutes=1) == 1


def test_an_ended_mute_counts_from_the_last_call(source):
    source.call()
    mute_heartbeat(
        heartbeat_id=source.row.pk, until=source.world.now + 6 * HOUR, by=TESTS, now=source.world.now
    )
    source.world.wait(hours=2)
    unmute_heartbeat(heartbeat_id=source.row.pk, by=TESTS, now=source.world.now)
    assert source.looked_for(seconds=1) == 1


@pytest.mark.parametrize("until", [timedelta(0), -HOUR, timedelta(days=90, seconds=1)])
def test_a_mute_has_an_end_that_lies_ahead_and_not_far(source, until):
    with pytest.raises(ConfigError, match="at most 90 days from now"):
        mute_heartbeat(
            heartbeat_id=source.row.pk, until=source.world.now + until, by=TESTS, now=source.world.now
        )


def test_what_is_not_muted_cannot_be_unmuted_and_a_retired_one_neither_muted(source):
    with pytest.raises(ConfigError, match="is not muted"):
        unmute_heartbeat(heartbeat_id=source.row.pk, by=TESTS, now=source.world.now)
    retire_heartbeat(heartbeat=source.row, by=TESTS, now=source.world.now)
    with pytest.raises(ConfigError, match="is retired"):
        mute_heartbeat(
            heartbeat_id=source.row.pk, until=source.world.now + HOUR, by=TESTS, now=source.world.now
        )


def test_another_rhythm_is_reckoned_from_its_last_call(source):
    source.call()
    source.world.wait(minutes=30)
    source.is_(every=3 * HOUR)
    assert source.looked_for(hours=2) == 0
    source.is_(every=HOUR / 2)
    assert source.looked_for(seconds=1) == 1


def test_a_retired_one_is_not_missed_and_one_brought_back_waits_for_its_first_call(source):
    source.call()
    retire_heartbeat(heartbeat=source.row, by=TESTS, now=source.world.now)
    assert source.looked_for(hours=5) == 0
    again = source.is_(every=HOUR)
    assert (again.pk, again.last_call_at, again.due_at) == (source.row.pk, None, None)
    assert source.looked_for(hours=5) == 0
    assert Heartbeat.objects.count() == 1


def test_one_brought_back_without_a_key_has_another_address_than_before(source):
    retire_heartbeat(heartbeat=source.row, by=TESTS, now=source.world.now)
    assert source.is_(every=HOUR, key=None).key != KEY
    assert source.call().status_code == 404


def test_a_silence_of_before_it_was_retired_is_ended_by_its_first_call_when_it_is_back(source):
    source.call()
    source.looked_for(hours=2)
    retire_heartbeat(heartbeat=source.row, by=TESTS, now=source.world.now)
    assert Incident.objects.get().status == "triggered"
    source.is_(every=HOUR)
    source.call()
    assert Incident.objects.get().status == "resolved"


def test_saying_the_same_again_writes_nothing_and_the_ledger_never_says_a_key(source):
    before = Entry.objects.count()
    source.is_(every=HOUR)
    assert Entry.objects.count() == before
    source.is_(every=2 * HOUR, key="1" * 32)
    said = Entry.objects.latest("pk")
    assert said.what == "changed every, key of heartbeat nightly-backup of payments-api"
    assert said.data == {"every": ["1:00:00", "2:00:00"]}
    assert source.call().status_code == 404
    assert source.call(path=f"/heartbeats/{'1' * 32}").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"every": timedelta(0)}, "no time at all"),
        ({"every": -HOUR}, "no time at all"),
        ({"every": HOUR, "grace": -HOUR}, "is negative"),
        ({"every": HOUR, "name": "  "}, "needs a name"),
        ({"every": HOUR, "severity": "SEV-9"}, "“SEV-9” is no severity; write SEV-1"),
        ({"every": HOUR, "key": "short"}, "not 32 letters and digits"),
        ({"every": HOUR, "name": "other", "key": KEY}, "is already used; every key is one heartbeat's"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(source, wrong, says):
    with pytest.raises(ConfigError, match=says):
        source.is_(**wrong)
    assert Heartbeat.objects.count() == 1


@pytest.mark.parametrize("fault", [ValueError("broken"), refused("57014"), refused("40P01")])
def test_one_whose_alert_cannot_be_raised_does_not_hold_up_the_others(source, monkeypatch, fault):
    source.call()
    other = source.is_(every=HOUR, name="other", key="2" * 32)
    source.call(path=f"/heartbeats/{'2' * 32}")
    real = heartbeats._event

    def faulty(row, now):
        if row.pk != other.pk:
            raise fault
        return real(row, now)

    monkeypatch.setattr(heartbeats, "_event", faulty)
    assert source.looked_for(hours=2) == 1
    assert Incident.objects.get().title.startswith("other has not called in")
    monkeypatch.undo()
    assert source.looked_for(seconds=29) == 0
    assert source.looked_for(seconds=1) == 1


@pytest.mark.parametrize("state", ["08006", "57P01", None])
def test_where_the_database_itself_fails_no_silence_is_put_off(source, monkeypatch, state):
    source.call()
    before = Heartbeat.objects.get().due_at

    def outage(row, now):
        raise refused(state)

    monkeypatch.setattr(heartbeats, "_event", outage)
    with pytest.raises(OperationalError):
        source.looked_for(hours=2)
    assert Heartbeat.objects.get().due_at == before
