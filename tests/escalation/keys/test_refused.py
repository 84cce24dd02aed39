"""What was refused of a key, and why, for whoever sets its sender up."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from escalation import intake
from escalation.actions import config
from escalation.intake import refusals
from escalation.intake.minutes import forget_minutes
from escalation.intake.refusals import MOST_KEYS, Notebook, Refusal
from escalation.models import KeyMinute, LastPost
from escalation.sources.pagerduty import key_in
from tests.escalation.keys.conftest import UNKNOWN, refused, trigger
from tests.world import KEY, MINUTE, TESTS

SECRET = "correct-horse-battery"
BROKEN = b'{"summary": "disk", "token": "hunter2", '


def counted(key):
    return key.minutes.aggregate(Sum("refused"))["refused__sum"]


def test_a_body_that_cannot_be_read_is_shown_with_what_the_sender_heard(send, world):
    answer = send("goalert", BROKEN)
    found = refused(world.key)
    assert (found.at, found.source, found.status) == (world.now, "goalert", 400)
    assert found.why == answer.json()["message"]
    assert found.body == '{"summary": "disk", "token": "•••", '
    assert counted(world.key) == 1


@pytest.mark.parametrize(
    ("door", "body", "status", "says"),
    [
        ("v2", trigger(event_action="explode"), 400, "event_action"),
        ("v2", b'{"routing_key" : "%b", "payload": ' % KEY.encode(), 400, "not JSON"),
        ("v1", {"service_key": KEY, "event_type": "trigger"}, 400, "description"),
        ("v1", b'{"service_key":"%b",,}' % KEY.encode(), 400, "not JSON"),
        ("v2", trigger(filler="x" * 600_000), 413, "512 KB"),
        ("goalert", {"summary": "x" * 600_000}, 413, "512 KB"),
        ("opsgenie", {"message": ""}, 422, "message"),
        ("opsgenie", b"{", 400, "not parsable"),
        ("opsgenie", {"message": "x" * 600_000}, 413, "512 KB"),
        ("carrier-pigeon", {}, 404, "no source “carrier-pigeon”"),
    ],
)
def test_by_every_door(send, world, door, body, status, says):
    assert send(door, body).status_code == status
    found = refused(world.key)
    assert found.status == status
    assert says in found.why
    assert KEY not in found.body + found.why
    assert len(found.body) < 17 * 1024


def test_what_is_too_large_is_shown_by_its_beginning(send, world):
    send("v2", trigger(filler="x" * 600_000))
    found = refused(world.key)
    assert found.body.startswith('{"routing_key": "•••", "event_action": "trigger"')
    assert found.body.endswith("bytes.")
    assert "600,1" in found.body


@pytest.mark.parametrize("door", ["goalert", "grafana", "v2", "v1", "opsgenie"])
def test_that_a_signature_did_not_fit_is_seen_by_the_manager_alone(send, world, door):
    known_to_nobody = send(door, key=UNKNOWN)
    config.set_signing_secret(key=world.key, secret=SECRET, by=TESTS, now=world.now)
    answer = send(door)
    assert answer.status_code == known_to_nobody.status_code
    if door != "opsgenie":  # which numbers its answers
        assert answer.content == known_to_nobody.content
    found = refused(world.key)
    assert found.status == answer.status_code
    assert found.why.startswith("Not genuine: ")


@pytest.mark.parametrize("parts", [f"{KEY}/database", f"any/{KEY}"])
def test_of_the_two_parts_of_an_address_the_one_that_is_a_key_is_found(client, world, parts):
    path = f"/integrations/generic/20131114/alert/{parts}"
    client.post(path, b"{", content_type="application/json")
    assert refused(world.key).source == "victorops"
    config.set_signing_secret(key=world.key, secret=SECRET, by=TESTS, now=world.now)
    client.post(path, {"message_type": "CRITICAL"}, content_type="application/json")
    assert refused(world.key).why.startswith("Not genuine")


def test_what_comes_without_a_body_is_shown_by_its_address(client, world):
    client.get(f"/integrations/uptime-kuma/{KEY}?heartbeat=%7B&token=hunter2")
    assert refused(world.key).body == "heartbeat=%7B&token=•••"


def test_whoever_only_asks_has_lost_nothing(client, world):
    answer = client.get("/v2/alerts/none", headers={"Authorization": f"GenieKey {KEY}"})
    assert answer.status_code == 404
    assert not LastPost.objects.exists()


def test_the_last_one_stays_and_all_are_counted(send, world, at):
    send("goalert", BROKEN)
    at(world.now + 3 * MINUTE)
    send("goalert", b"[]")
    assert (refused(world.key).body, counted(world.key)) == ("[]", 2)
    assert world.key.minutes.count() == 2


@pytest.mark.parametrize("key", [UNKNOWN, "short", "%00", "x" * 500])
def test_of_what_is_no_key_nothing_is_kept(send, key, world):
    send("goalert", BROKEN, key=key)
    assert not LastPost.objects.exists()
    assert not KeyMinute.objects.exists()


def test_nor_of_one_that_is_revoked(send, world):
    config.revoke_routing_key(key=world.key, by=TESTS, now=world.now)
    send("goalert", BROKEN)
    assert not LastPost.objects.exists()


@pytest.mark.parametrize("key", [KEY, UNKNOWN])
def test_the_answer_asks_the_database_nothing_for_it(
    send, world, key, monkeypatch, django_assert_num_queries
):
    """A body that cannot be read is refused before anybody asks for its key, and so it is here."""
    monkeypatch.setattr(refusals.notebook, "wake", lambda: None)
    monkeypatch.setattr(refusals.notebook, "_noted", {})
    with django_assert_num_queries(0):
        assert send("goalert", BROKEN, key=key).status_code == 400


class TestNotebook:
    """What is refused is written a round at a time."""

    @pytest.fixture
    def notebook(self, monkeypatch):
        notebook = Notebook()
        monkeypatch.setattr(notebook, "wake", lambda: None)
        return notebook

    @staticmethod
    def refusal(world, **more):
        return Refusal(
            **{"keys": (KEY,), "source": "goalert", "status": 400, "why": "no", "at": world.now, **more}
        )

    def test_a_thousand_of_one_key_are_a_few_statements(self, world, notebook, django_assert_max_num_queries):
        over = intake.OverLimit(world.key.pk, limit=1, retry_after=1)
        for number in range(1000):
            notebook.note(self.refusal(world, keys=(), over=over, body=b"%d" % number))
        notebook.write()
        for number in range(1000):
            notebook.note(self.refusal(world, keys=(), over=over, body=b"%d" % number))
        with django_assert_max_num_queries(4):  # which key, that it lasts, how many, the last
            notebook.write()
        assert (counted(world.key), refused(world.key).body) == (2000, "999")

    def test_a_flood_of_keys_that_do_not_exist_fills_no_memory(self, world, notebook):
        for number in range(MOST_KEYS + 10):
            notebook.note(self.refusal(world, keys=(f"no-key-{number}",)))
        assert len(notebook._noted) == MOST_KEYS
        over = intake.OverLimit(world.key.pk, limit=1, retry_after=1)
        notebook.note(self.refusal(world, keys=(), over=over))  # which is known to be one
        notebook.write()
        assert counted(world.key) == 1

    def test_of_a_large_body_the_beginning_is_kept(self, world, notebook):
        notebook.note(self.refusal(world, body=b"x" * 500_000))
        (noted,) = notebook._noted.values()
        assert (len(noted.last.body), noted.last.size) == (20 * 1024, 500_000)

    def test_what_was_noted_late_does_not_hide_what_came_later(self, world, notebook):
        notebook.note(self.refusal(world, body=b"later"))
        notebook.write()
        notebook.note(self.refusal(world, body=b"sooner", at=world.now - MINUTE))
        notebook.write()
        assert (refused(world.key).body, counted(world.key)) == ("later", 2)

    def test_the_alert_comes_even_where_nothing_else_can_be_written(self, world, notebook, monkeypatch):
        def broken(*_, **__):
            raise DatabaseError

        monkeypatch.setattr(refusals, "count_refused", broken)
        monkeypatch.setattr(refusals, "_keep", broken)
        over = intake.OverLimit(world.key.pk, limit=1, retry_after=1)
        notebook.note(self.refusal(world, keys=(), over=over))
        notebook.write()
        assert len(world.tick().sent()) == 1

    def test_whatever_goes_wrong_the_sender_hears_its_answer(self, send, world, monkeypatch):
        def broken(*_):
            raise RuntimeError

        monkeypatch.setattr(refusals.notebook, "_add", broken)
        assert send("goalert", BROKEN).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_its_own_writes_it(world):
    notebook = Notebook()
    notebook.note(Refusal(keys=(KEY,), source="goalert", status=400, why="no", at=world.now))
    notebook.note(Refusal(keys=(KEY,), source="goalert", status=400, why="no", at=world.now))
    notebook.stop(seconds=10)
    assert (counted(world.key), refused(world.key).status) == (2, 400)


class TestTheKeyOfABrokenBody:
    @pytest.mark.parametrize(
        ("body", "found"),
        [
            (b'{"routing_key":"%b"', KEY),
            (b'{"a":1, "routing_key" :\n "%b",', KEY),
            (b'{"routing_key":"%b0"', ""),
            (b'{"payload": {"routing_key":"%b"}}', ""),  # it is JSON, and stands elsewhere
            (b"\xff\xfe%b", ""),
            (b'{"routing_key": ["%b"]}', ""),
        ],
    )
    def test_is_found_where_it_can_be(self, body, found):
        assert key_in(body.replace(b"%b", KEY.encode())) == found

    @given(st.binary(max_size=200))
    def test_is_looked_for_in_whatever_came(self, body):
        assert key_in(body) == ""

    @given(cut=st.integers(40, 200))
    def test_survives_a_cut(self, cut):
        body = json.dumps(trigger()).encode()[:cut]
        assert key_in(body) in {KEY, ""}
        assert key_in(body) == KEY or cut < 52


class TestForgetting:
    def minute(self, world, ago, **more):
        return KeyMinute.objects.create(key=world.key, minute=world.now - ago, shard=0, **more)

    def test_minutes_of_two_days_ago_go_but_for_the_last_that_held_an_event(self, world):
        day = timedelta(days=1)
        last = self.minute(world, 3 * day, events=1, last_event_at=world.now - 3 * day)
        self.minute(world, 4 * day, events=1, last_event_at=world.now - 4 * day)
        self.minute(world, 2 * day + MINUTE, refused=1)
        edge = self.minute(world, 2 * day, refused=1)
        assert forget_minutes(now=world.now) == 2
        assert set(KeyMinute.objects.all()) == {last, edge}
        newer = self.minute(world, day, events=1, last_event_at=world.now - day)
        assert forget_minutes(now=world.now) == 1
        assert set(KeyMinute.objects.all()) == {edge, newer}

    def test_a_batch_at_a_time(self, world):
        for number in range(5):
            self.minute(world, timedelta(days=9) + number * MINUTE, refused=1)
        assert [forget_minutes(now=world.now, limit=2) for _ in range(4)] == [2, 2, 1, 0]
