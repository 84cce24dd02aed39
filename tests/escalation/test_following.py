"""A webhook may follow incidents: each change is told once, signed, tried for a day, in nobody's way."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from standardwebhooks import Webhook as Standard

from escalation import dispatch
from escalation.actions import config, following, merging, queueing, respond, webhooks
from escalation.actions.following import FollowSpec
from escalation.core.following import EVENTS
from escalation.models import Follower, HookDelivery, HookTry, LedgerReading
from escalation.sources.event import Action
from paging.actions import hooks
from paging.core.signing import spelled
from paging.models import Notification, Page
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.ledger.verbs import Verb
from tests.fakes.hook_receiver import HookReceiver
from tests.world import KEY, TESTS, World

SECRET = "s3cret-s3cret-s3cret"
ALL = FollowSpec(everything=True)
State = HookDelivery.State


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with HookReceiver(SECRET) as receiver:
        yield receiver


@pytest.fixture
def world(db):
    return World()


@pytest.fixture
def hook(world, receiver):
    return webhooks.create_webhook(name="Ops bus", url=receiver.url, secret=SECRET, by=TESTS, now=world.now)


@pytest.fixture
def follower(world, hook):
    follow(world, hook, ALL)
    return hook


def follow(world, hook, spec):
    following.set_follows(webhook=hook, spec=spec, by=TESTS, now=world.now)


def post(world, **later):
    """A worker reads on and posts what is due, after so long."""
    world.now += timedelta(**later)
    while queueing.queue_events(clock=lambda: world.now):
        pass
    return dispatch.send_due(clock=lambda: world.now)


def events(receiver):
    return [event["event"] for event in receiver.events]


def by(user):
    return Actor.person(user, via="link")


def test_what_happens_to_an_incident_is_told_in_order_as_it_is(world, follower, receiver):
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.ana)
    post(world)
    assert events(receiver) == ["incident.triggered", "page.created", "incident.acknowledged"]
    first, paged, taken = receiver.events
    assert first["sequence"] < paged["sequence"] < taken["sequence"]
    assert taken["by"] == "Ana Ruiz"
    assert paged["because"] == "paging Ana Ruiz: email at once"
    assert taken | {"id": "-", "sequence": 0, "data": {}} == {
        "version": 1,
        "event": "incident.acknowledged",
        "type": "incident.acknowledged",
        "id": "-",
        "at": "2026-03-02T10:00:00Z",
        "timestamp": "2026-03-02T10:00:00Z",
        "webhook": "Ops bus",
        "sequence": 0,
        "because": "acknowledged; everyone's paging stops",
        "why": "",
        "by": "Ana Ruiz",
        "incident": {
            "id": incident.pk,
            "reference": f"#{incident.pk}",
            "title": "disk is full",
            "service": "payments-api",
            "team": "Payments",
            "severity": "SEV-1",
            "urgency": "high",
            "status": "acknowledged",
            "triggered_at": "2026-03-02T10:00:00Z",
            "acknowledged_at": "2026-03-02T10:00:00Z",
            "acknowledged_by": "ana",
            "resolved_at": None,
            "merged_into": None,
            "url": f"http://127.0.0.1:8000/incidents/{incident.pk}",
        },
        "data": {},
    }
    assert taken["data"] == {name: taken[name] for name in ("sequence", "because", "why", "by", "incident")}


def test_all_that_people_do_is_told(world, follower, receiver):
    first, second = world.alert("disk"), world.alert("net")
    named = {"by": by(world.ana), "now": world.now}
    respond.note(incident_id=first.pk, text="looking\ninto it", **named)
    respond.acknowledge(incident_id=first.pk, **named)
    respond.unacknowledge(incident_id=first.pk, **named)
    respond.snooze(incident_id=first.pk, until=world.now + timedelta(hours=1), **named)
    respond.escalate(incident_id=first.pk, **named)
    respond.reassign(incident_id=first.pk, users=[world.bo], **named)
    respond.add_responders(incident_id=first.pk, users=[world.mia], **named)
    merging.merge(into=first.pk, incidents=[second.pk], **named)
    respond.resolve(incident_id=first.pk, **named)
    post(world)
    told = [event["event"] for event in receiver.events if event["event"] != "page.created"]
    assert [one for one in told if one != "incident.merged"] == [
        "incident.triggered",
        "incident.triggered",
        "incident.note",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.snoozed",
        "incident.escalated",
        "incident.reassigned",
        "incident.responders_added",
        "incident.resolved",
    ]
    assert told.count("incident.merged") == 2
    note = next(event for event in receiver.events if event["event"] == "incident.note")
    assert note["because"] == "noted: looking into it"


def test_every_event_is_a_verb_of_the_ledger():
    assert set(EVENTS) <= {verb.value for verb in Verb}


def test_the_library_of_standard_webhooks_takes_what_is_posted(world, hook, receiver):
    world.now = datetime.now(UTC)
    follow(world, hook, ALL)
    world.alert()
    post(world)
    sent = receiver.posts[0]
    found = Standard(spelled(SECRET)).verify(sent.body, dict(sent.headers))
    assert found["type"] == "incident.triggered"
    assert sent.headers["webhook-id"] == sent.headers["X-Watchbill-Delivery"] == found["id"]


@pytest.mark.parametrize(
    ("spec", "hears"),
    [
        (lambda world: FollowSpec(everything=True), True),
        (lambda world: FollowSpec(teams=[world.team]), True),
        (lambda world: FollowSpec(services=[world.service]), True),
        (lambda world: FollowSpec(services=[world.other]), False),
        (lambda world: FollowSpec(everything=True, events=["incident.triggered"]), True),
        (lambda world: FollowSpec(everything=True, events=["incident.resolved"]), False),
        (lambda world: FollowSpec(), False),
    ],
    ids=["all", "its team", "it", "another service", "this event", "another event", "nothing"],
)
def test_it_hears_of_what_it_follows_only(world, hook, receiver, spec, hears):
    world.other = config.create_service(name="other", policy=world.policy, by=TESTS, now=world.now)
    follow(world, hook, spec(world))
    world.alert()
    post(world)
    assert bool(receiver.events) is hears


def test_it_hears_of_what_happens_from_now_on_and_of_each_change_once(world, hook, receiver):
    incident = world.alert()
    follow(world, hook, ALL)
    world.acknowledge(incident, world.ana)
    for _ in range(3):
        post(world)
    assert events(receiver) == ["incident.acknowledged"]


def test_where_nobody_follows_the_intake_asks_nothing_more_and_where_somebody_does_neither(world, hook):
    def statements(dedup_key):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            world.alert(dedup_key)
        return len(asked)

    world.alert("warm")
    before = statements("one")
    follow(world, hook, ALL)
    assert statements("two") == before


def test_reading_a_storm_takes_statements_that_do_not_grow_with_it(world, follower):
    def reading(count, prefix):
        for number in range(count):
            world.alert(f"{prefix}{number}")
        with CaptureQueriesContext(connection) as asked:
            queueing.queue_events(clock=lambda: world.now)
        return len(asked)

    assert reading(2, "few") == reading(40, "many")
    assert HookDelivery.objects.filter(event="incident.triggered").count() == 42


# A server that does not take it


def test_what_is_not_taken_is_posted_again_for_a_day_and_then_given_up(world, follower, receiver):
    receiver.fail_next(500, times=100)
    world.alert()
    post(world)
    times = [world.now]
    while (one := HookDelivery.objects.get(event="incident.triggered")).state == State.WAITING:
        assert one.reason == "127.0.0.1 answered 500"
        Follower.objects.update(rest_until=None)
        world.now = one.due_at
        post(world)
        times.append(world.now)
    waits = [(later - sooner).total_seconds() for sooner, later in pairwise(times)]
    for wait, usual in zip(waits, (5, 30, 120, 600, 1800, 7200, 21600, 43200), strict=True):
        assert usual <= wait <= usual * 1.2
    assert one.state == State.FAILED
    assert HookTry.objects.filter(delivery=one).count() == 9
    assert len({post.headers["webhook-id"] for post in receiver.posts}) == 1
    assert len({post.body for post in receiver.posts}) == 1
    assert len({post.headers["webhook-timestamp"] for post in receiver.posts}) == 9


def test_any_answer_but_2xx_is_tried_again_and_what_it_says_stands_in_the_log(world, follower, receiver):
    receiver.fail_next(404, body=b"no such\x00 hook\r\n" + b"x" * 5000)
    world.alert()
    post(world)
    (one,) = HookTry.objects.all()
    assert (one.status, one.error) == (404, "127.0.0.1 answered 404")
    assert one.answer.startswith("no such hook xxx")
    assert len(one.answer) <= 500
    assert post(world, seconds=6) == 1
    assert HookDelivery.objects.get().state == State.DELIVERED


def test_retry_after_is_heeded_for_an_hour_at_most_and_by_all_events(world, follower, receiver):
    receiver.fail_next(429, **{"Retry-After": "86400"})
    world.alert("one")
    post(world)
    world.alert("two")
    assert post(world, minutes=59) == 0
    assert post(world, minutes=2) == 2


def test_a_server_that_failed_three_times_in_a_row_is_tried_by_one_event_at_a_time(world, follower, receiver):
    receiver.fail_next(503, times=3)
    for number in range(10):
        world.alert(str(number))
    assert post(world) == 3
    assert post(world) == 0
    assert post(world, seconds=6) == 10
    assert Follower.objects.get().fails == 0


def test_one_that_is_gone_is_given_up_at_once_and_its_managers_hear_of_it(world, hook, receiver):
    follow(world, hook, FollowSpec(teams=[world.team]))
    receiver.fail_next(410)
    world.alert("one")
    world.alert("two")
    post(world)
    assert len(receiver.posts) == 1
    row = Follower.objects.get()
    assert (row.ended_at, row.ended_why) == (world.now, "127.0.0.1 answered 410: gone for good")
    assert set(HookDelivery.objects.values_list("state", flat=True)) == {State.FAILED}
    told = Page.objects.get(cause=f"webhook:{hook.pk}")
    assert told.user == world.mia
    assert told.urgency == "info"
    assert "Ops bus follows no more" in told.facts["title"]
    world.alert("three")
    assert post(world) == 0
    following.resume(webhook=hook, by=TESTS, now=world.now)
    world.alert("four")
    assert post(world) == 1


def test_one_that_fails_for_three_days_is_given_up(world, follower, receiver):
    receiver.fail_next(500, times=10_000)
    for hour in range(73):
        world.alert(str(hour))
        post(world, hours=1)
        assert (Follower.objects.get().ended_at is None) == (hour < 72), hour
    assert "three days" in Follower.objects.get().ended_why


def test_one_that_fails_now_and_then_is_not_given_up_for_the_days_on_which_nothing_happened(
    world, follower, receiver
):
    receiver.fail_next(500, times=9)
    world.alert("one")
    for _ in range(50):
        post(world, hours=1)
    assert HookDelivery.objects.get().state == State.FAILED
    receiver.fail_next(500)
    world.alert("two")
    post(world, days=3)
    assert Follower.objects.get().ended_at is None


def test_for_a_server_that_is_down_the_oldest_events_are_dropped_and_counted(
    world, follower, receiver, monkeypatch
):
    monkeypatch.setattr(queueing, "MOST_WAITING", 5)
    for number in range(8):
        world.alert(str(number))
    queueing.queue_events(clock=lambda: world.now)
    assert Follower.objects.get().dropped == 3
    assert HookDelivery.objects.count() == 5
    post(world)
    assert receiver.events[0]["incident"]["title"] == "3 is full"


def test_a_server_that_hangs_takes_two_posts_at_once_and_none_of_one_incident(world, follower):
    first, second, third = (world.alert(name) for name in ("one", "two", "three"))
    world.acknowledge(first, world.ana)
    queueing.queue_events(clock=lambda: world.now)
    claimed = [dispatch.claim_next(clock=lambda: world.now) for _ in range(3)]
    assert [one and one.incident_id for one in claimed] == [first.pk, second.pk, None]
    dispatch._record(
        claimed[1], dispatch.Outcome(world.now, timedelta(0), status=200), clock=lambda: world.now
    )
    assert dispatch.claim_next(clock=lambda: world.now).incident_id == third.pk


def test_an_event_whose_worker_died_is_posted_again_under_the_same_id(world, follower, receiver):
    world.alert()
    queueing.queue_events(clock=lambda: world.now)
    lost = dispatch.claim_next(clock=lambda: world.now)
    assert post(world, seconds=29) == 0
    assert post(world, seconds=2) == 1
    assert receiver.events[0]["id"] == str(lost.message_id)
    dispatch._record(lost, dispatch.Outcome(world.now, timedelta(0), status=500), clock=lambda: world.now)
    assert HookDelivery.objects.get().state == State.DELIVERED


def test_an_event_over_which_workers_die_is_given_up(world, follower):
    world.alert()
    queueing.queue_events(clock=lambda: world.now)
    for _ in range(9):
        assert dispatch.claim_next(clock=lambda: world.now) is not None
        world.now += timedelta(seconds=31)
        dispatch.has_due(clock=lambda: world.now)
    one = HookDelivery.objects.get()
    assert (one.state, one.reason) == (State.FAILED, "workers died over it again and again")


def test_no_page_waits_for_a_follower_and_none_is_made_by_one(world, follower, receiver):
    receiver.fail_next(500, times=100)
    world.alert()
    world.tick()
    post(world)
    assert [(who, how) for _, who, how in world.sent()] == [("ana", "email")]
    assert not Notification.objects.filter(method__kind="hook").exists()


# Again


def test_one_is_posted_again_as_it_was(world, follower, receiver):
    incident = world.alert()
    post(world)
    world.acknowledge(incident, world.ana)
    following.replay(delivery=HookDelivery.objects.get(), by=by(world.mia), now=world.now)
    post(world, hours=1)
    first, again = (one for one in receiver.posts if one.headers["X-Watchbill-Event"] == "incident.triggered")
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
    line = Entry.objects.get(verb="webhook.replayed")
    assert line.actor == world.mia
    one = HookDelivery.objects.filter(event="incident.triggered").get()
    assert one.tries.count() == 2


def test_what_waits_cannot_be_replayed_and_neither_what_was_given_up_altogether(world, follower, receiver):
    world.alert()
    queueing.queue_events(clock=lambda: world.now)
    one = HookDelivery.objects.get()
    with pytest.raises(config.ConfigError, match="not settled yet"):
        following.replay(delivery=one, by=TESTS, now=world.now)
    receiver.fail_next(410)
    post(world)
    with pytest.raises(config.ConfigError, match=r"given up .*410.*let it follow again first"):
        following.replay(delivery=one, by=TESTS, now=world.now)


def test_all_that_failed_since_then_is_posted_again(world, follower, receiver, monkeypatch):
    for number in range(4):
        world.alert(str(number))
        queueing.queue_events(clock=lambda: world.now)
        world.now += timedelta(hours=1)
    HookDelivery.objects.update(state=State.FAILED)
    monkeypatch.setattr(following, "MOST_REPLAYED", 2)
    since = world.began + timedelta(minutes=30)
    said = {"webhook": follower, "since": since, "by": TESTS, "now": world.now}
    assert following.replay_failed(**said) == (2, 1)
    post(world)
    assert [event["incident"]["title"] for event in receiver.events] == ["1 is full", "2 is full"]
    following.replay_failed(**said)
    post(world)
    with pytest.raises(config.ConfigError, match="has failed since then"):
        following.replay_failed(**said)


# Its secret, and its end


def test_for_a_day_after_a_new_secret_both_sign(world, follower, receiver):
    former, new = SECRET, webhooks.renew_secret(webhook=follower, by=TESTS, now=world.now)
    receiver.secret = new
    world.alert("one")
    post(world)
    signed = receiver.posts[0].headers["webhook-signature"].split(" ")
    assert len(signed) == 2
    at = datetime.fromtimestamp(int(receiver.posts[0].headers["webhook-timestamp"]), tz=UTC)
    body, named = receiver.posts[0].body.decode(), receiver.posts[0].headers["webhook-id"]
    assert signed == [Standard(spelled(one)).sign(named, at, body) for one in (new, former)]
    world.alert("two")
    post(world, hours=24)
    assert " " not in receiver.posts[1].headers["webhook-signature"]


def test_a_former_secret_goes_on_with_another_address(world, follower, receiver):
    receiver.secret = webhooks.renew_secret(webhook=follower, by=TESTS, now=world.now)
    webhooks.change_webhook(webhook=follower, url=f"{receiver.url}/new", by=TESTS, now=world.now)
    world.alert()
    post(world)
    assert receiver.posts[0].headers["webhook-signature"].count("v1,") == 2


@pytest.mark.parametrize("secret", ["whsec_nobase64!!!!!!", "whsec_c2hvcnQ=", "whsec_" + "A" * 96])
def test_what_begins_as_a_standard_secret_has_to_be_one(world, secret):
    with pytest.raises(config.ConfigError):
        webhooks.create_webhook(
            name="x", url="https://hooks.acme.example/", secret=secret, by=TESTS, now=world.now
        )


def test_a_standard_secret_of_ones_own_signs_as_it_is(world, receiver):
    receiver.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    hook = webhooks.create_webhook(
        name="Ops", url=receiver.url, secret=receiver.secret, by=TESTS, now=world.now
    )
    follow(world, hook, ALL)
    world.alert()
    post(world)
    assert spelled(receiver.secret) == receiver.secret
    assert len(receiver.events) == 1


def test_a_retired_one_follows_no_more(world, follower, receiver):
    world.alert()
    queueing.queue_events(clock=lambda: world.now)
    webhooks.retire_webhook(webhook=follower, by=TESTS, now=world.now)
    assert post(world) == 0
    assert HookDelivery.objects.get().reason == "the webhook follows incidents no more"
    with pytest.raises(config.ConfigError, match="retired"):
        follow(world, follower, ALL)


def test_what_is_no_event_is_refused(world, hook):
    with pytest.raises(config.ConfigError, match=r"“incident\.opened” is no event; write some of"):
        follow(world, hook, FollowSpec(everything=True, events=["incident.opened"]))


def test_deliveries_are_kept_for_thirty_days(world, follower, receiver):
    world.alert()
    post(world)
    assert following.forget_deliveries(clock=lambda: world.now + timedelta(days=30)) == 0
    assert following.forget_deliveries(clock=lambda: world.now + timedelta(days=30, seconds=1)) == 1
    assert not HookTry.objects.exists()


# Lines that come to light late


def read_without_gaps(world):
    """PostgreSQL numbers the transactions of all its databases: another test's may have to end before."""
    waiting = threading.Event()
    for _ in range(1200):
        post(world)
        if not LedgerReading.objects.get().gaps:
            return
        waiting.wait(0.05)
    pytest.fail("a gap is kept for a minute")


@pytest.mark.postgres("SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_committed_late_is_told_though_later_ones_were_read_before(
    world, follower, receiver
):
    held, committed = threading.Event(), threading.Event()
    slow, quick = world.alert("slow"), world.alert("quick")
    post(world)
    receiver.events.clear()

    def change_slowly():
        try:
            with transaction.atomic():
                respond.acknowledge(incident_id=slow.pk, by=by(world.ana), now=world.now)
                held.set()
                committed.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=change_slowly)
    thread.start()
    assert held.wait(30)
    respond.acknowledge(incident_id=quick.pk, by=by(world.bo), now=world.now)
    post(world)
    assert [event["incident"]["id"] for event in receiver.events] == [quick.pk]
    post(world)
    assert LedgerReading.objects.get().gaps
    committed.set()
    thread.join(30)
    post(world)
    assert [event["incident"]["id"] for event in receiver.events] == [quick.pk, slow.pk]
    read_without_gaps(world)
    assert len(receiver.events) == 2


@pytest.mark.postgres("SQLite gives such numbers out again")
@pytest.mark.django_db(transaction=True)
def test_lines_that_never_come_are_not_waited_for(world, follower, receiver):
    incident = world.alert()
    with suppress(ZeroDivisionError), transaction.atomic():
        respond.note(incident_id=incident.pk, text="never", by=by(world.ana), now=world.now)
        raise ZeroDivisionError
    respond.note(incident_id=incident.pk, text="once", by=by(world.ana), now=world.now)
    read_without_gaps(world)
    told = [event for event in events(receiver) if event != "page.created"]
    assert told == ["incident.triggered", "incident.note"]


@pytest.mark.postgres("SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_what_is_under_way_as_one_begins_to_follow_is_told_too(world, hook, receiver):
    incident, other = world.alert("slow"), world.alert("quick")
    held, committed = threading.Event(), threading.Event()

    def change_slowly():
        try:
            with transaction.atomic():
                respond.acknowledge(incident_id=incident.pk, by=by(world.ana), now=world.now)
                held.set()
                committed.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=change_slowly)
    thread.start()
    assert held.wait(30)
    respond.acknowledge(incident_id=other.pk, by=by(world.bo), now=world.now)
    follow(world, hook, ALL)
    post(world)
    committed.set()
    thread.join(30)
    post(world)
    assert [event["incident"]["id"] for event in receiver.events] == [incident.pk]


@pytest.mark.django_db(transaction=True)
def test_two_who_read_at_once_queue_each_event_once(world, follower, receiver):
    for number in range(20):
        world.alert(str(number))
    threads = [
        threading.Thread(target=lambda: (queueing.queue_events(clock=lambda: world.now), connection.close()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    post(world)
    assert events(receiver).count("incident.triggered") == 20


def test_more_lines_in_one_gap_than_are_read_at_once(world, follower, receiver, monkeypatch):
    """None of them is lost, though the gap is settled when the first are read."""
    for number in range(7):
        world.alert(str(number))
    monkeypatch.setattr(queueing, "AT_ONCE", 3)
    newest = Entry.objects.order_by("-pk").first().pk
    row = LedgerReading.objects.get()
    row.gaps, row.upto = [[row.upto + 1, newest, 0, world.now.isoformat()]], newest
    row.save()
    post(world)
    assert events(receiver).count("incident.triggered") == 7
    assert LedgerReading.objects.get().gaps == []


def test_the_end_of_a_source_is_told_as_its_doing(world, follower, receiver):
    world.alert()
    world.alert(action=Action.RESOLVE)
    post(world)
    assert events(receiver) == ["incident.triggered", "incident.resolved"]
    assert KEY not in receiver.posts[0].body.decode()
    assert hooks.hook_method(follower.pk).address not in str(Entry.objects.values_list("what", "data"))
