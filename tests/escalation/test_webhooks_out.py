"""A step may tell a webhook: signed, tried again, never in a person's place and never in a person's way."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from standardwebhooks import WebhookVerificationError

from escalation import engine
from escalation.actions import config, respond, webhooks
from escalation.core.following import EVENTS
from escalation.core.policy import Policy
from escalation.hotline import calls
from escalation.models import Target, Webhook
from escalation.planning import next_of, plan_of, simulate
from escalation.sources.event import Action
from paging import dispatch
from paging.actions import contacts
from paging.actions.pages import HOOKS, NOBODY
from paging.channels import webhook as channel
from paging.core.delivery import State
from paging.core.signing import spelled
from paging.models import Attempt, ContactMethod, Notification, Page
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import User
from tests.fakes.hook_receiver import HookReceiver, is_ours
from tests.world import TESTS, World
from watchbill.watch.overdue import oldest_overdue

SECRET = "s3cret-s3cret-s3cret"
NAME = "Ops bus"


@pytest.fixture(autouse=True)
def _nothing_rests():
    dispatch.STANDING.forget()


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with HookReceiver(SECRET) as receiver:
        yield receiver


@pytest.fixture
def hook(world, receiver):
    return webhooks.create_webhook(name=NAME, url=receiver.url, secret=SECRET, by=TESTS, now=world.now)


@pytest.fixture
def world(db):
    return World()


def steps(world, *targets, repeat=0):
    """A step of five minutes for each of `targets`, which may be several at once."""
    each = [target if isinstance(target, tuple) else (target,) for target in targets]
    made = [world.step(*some) for some in each]
    config.change_policy(policy=world.policy, repeat=repeat, steps=made, by=TESTS, now=world.now)


def tells(hook):
    return config.TargetSpec(webhook=hook)


def pages(user):
    return config.TargetSpec(user=user)


def events(receiver):
    return [event["event"] for event in receiver.events]


def people_paged(world):
    return [(minute, who) for minute, who, _ in world.sent() if not who.startswith(HOOKS)]


def later(world, **delta):
    """A worker looks after so long."""
    world.now += timedelta(**delta)
    return world.tick()


def test_a_step_posts_a_signed_event_beside_paging_people(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)))
    incident = world.alert()
    world.tick()
    (event,) = receiver.events
    post = receiver.posts[0]
    assert (post.method, post.path) == ("POST", "/watchbill")
    assert post.headers["X-Watchbill-Event"] == "incident.step"
    assert post.headers["X-Watchbill-Delivery"] == event["id"]
    stamp = int(world.now.timestamp())
    assert post.headers["X-Watchbill-Signature"].startswith(f"t={stamp},v1=")
    assert (event.pop("type"), event.pop("timestamp")) == (event["event"], event["at"])
    said = event.pop("data")
    assert said == {name: event[name] for name in said}
    assert event | {"id": "-"} == {
        "version": 1,
        "event": "incident.step",
        "id": "-",
        "at": "2026-03-02T10:00:00Z",
        "webhook": NAME,
        "because": "webhook Ops bus, step 1",
        "incident": {
            "id": incident.pk,
            "reference": f"#{incident.pk}",
            "title": "disk is full",
            "service": "payments-api",
            "severity": "SEV-1",
            "urgency": "high",
            "url": f"http://127.0.0.1:8000/incidents/{incident.pk}",
        },
        "detail": {},
        "links": [],
    }
    assert people_paged(world) == [(0, "ana")]
    said = "\n".join(world.timeline(incident))
    assert "telling Ops bus: webhook at once (webhook Ops bus, step 1)" in said
    assert "webhook to Ops bus (http://127.0.0.1/…) handed to its server" in said
    assert SECRET not in said
    assert "/watchbill" not in said


def test_the_signature_holds_for_this_secret_this_body_and_this_time(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)))
    world.alert()
    world.tick()
    post, now = receiver.posts[0], world.now.timestamp()
    assert is_ours(SECRET, post.headers, post.body, now=now)
    assert not is_ours("another-secret-0123", post.headers, post.body, now=now)
    assert not is_ours(SECRET, post.headers, post.body + b" ", now=now)
    assert not is_ours(SECRET, post.headers, post.body, now=now + 301)


def test_the_code_that_the_docs_give_to_receivers_takes_what_is_posted(world, hook, receiver):
    page = Path(__file__).parents[2] / "docs" / "webhooks-out.md"
    parts = page.read_text(encoding="utf-8").split("```python\n")[1:]
    library, own = (part.partition("```")[0] for part in parts)
    given: dict = {}
    exec(own, given)  # noqa: S102 - our own page
    world.now = datetime.now(UTC)
    webhooks.try_webhook(webhook=hook, by=TESTS, now=world.now)
    world.tick()
    (post,) = receiver.posts
    assert given["is_ours"](SECRET, post.headers, post.body)
    assert given["is_ours"](spelled(SECRET), post.headers, post.body)
    assert not given["is_ours"](SECRET, post.headers, post.body + b" ")
    given = {"body": post.body, "headers": dict(post.headers)}
    exec(library.replace("whsec_...", spelled(SECRET)), given)  # noqa: S102 - our own page
    assert given["event"]["type"] == "test"
    with pytest.raises(WebhookVerificationError):
        exec(library.replace("whsec_...", spelled("another-secret-0123")), given)  # noqa: S102 - our own page


def test_the_docs_name_every_event_that_may_be_followed():
    page = (Path(__file__).parents[2] / "docs" / "webhooks-out.md").read_text(encoding="utf-8")
    assert [event for event, means in EVENTS.items() if f"| `{event}` | {means} |" not in page] == []


def test_it_hears_once_that_somebody_is_on_it_and_once_that_it_is_over(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)))
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.ana)
    later(world, seconds=5)
    world.acknowledge(incident, world.bo)
    later(world, seconds=5)
    respond.resolve(incident_id=incident.pk, by=Actor.person(world.ana, via="web"), now=world.now)
    later(world, seconds=5)
    assert events(receiver) == ["incident.step", "incident.acknowledged", "incident.resolved"]
    acknowledged, resolved = receiver.events[1:]
    assert acknowledged["by"] == "Ana Ruiz"
    assert acknowledged["incident"] == {
        "id": incident.pk,
        "reference": f"#{incident.pk}",
        "title": "disk is full",
        "severity": "SEV-1",
        "urgency": "high",
        "service": "payments-api",
        "url": f"http://127.0.0.1:8000/incidents/{incident.pk}",
    }
    assert resolved["because"] == f"Resolved by Ana Ruiz: #{incident.pk} disk is full"
    assert len({event["id"] for event in receiver.events}) == 3


def test_it_hears_what_the_source_resolves_too(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)))
    world.alert()
    world.tick()
    world.alert(action=Action.RESOLVE)
    world.tick()
    assert events(receiver) == ["incident.step", "incident.resolved"]


def test_who_was_not_told_of_it_hears_nothing_of_its_end(world, hook, receiver):
    steps(world, pages(world.ana), tells(hook))
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.ana)
    world.tick()
    assert receiver.posts == []


def test_a_step_of_a_webhook_alone_waits_its_time_and_reaches_nobody(world, hook, receiver):
    steps(world, tells(hook), pages(world.ana))
    incident = world.alert()
    world.tick()
    assert events(receiver) == ["incident.step"]
    assert people_paged(world) == []
    incident.refresh_from_db()
    assert (incident.reached, incident.step_at) == (False, world.now + timedelta(minutes=5))
    assert "Watchbill: the step told a webhook and no person; its time is waited for" in world.timeline(
        incident
    )
    world.wait(minutes=5)
    assert people_paged(world) == [(5, "ana")]


def test_a_policy_of_webhooks_alone_asks_the_managers(world, hook, receiver):
    steps(world, tells(hook), repeat=3)
    world.alert()
    world.tick()
    assert events(receiver) == ["incident.step"]
    assert people_paged(world) == [(0, "mia")]


def test_a_last_step_of_a_webhook_asks_no_managers_where_somebody_was_reached(world, hook, receiver):
    steps(world, pages(world.ana), tells(hook))
    world.alert()
    world.wait(minutes=5)
    assert events(receiver) == ["incident.step"]
    assert people_paged(world) == [(0, "ana")]
    world.wait(minutes=5)
    assert people_paged(world) == [(0, "ana"), (10, "mia")]  # exhausted, after its own five minutes


def test_a_step_outside_the_sequence_that_tells_a_webhook_asks_no_managers(world, hook, receiver):
    outside = config.StepSpec(after=timedelta(minutes=3), targets=(tells(hook),))
    made = [world.step(pages(world.ana), minutes=30), outside]
    config.change_policy(policy=world.policy, repeat=0, steps=made, by=TESTS, now=world.now)
    world.alert()
    world.wait(minutes=3)
    assert events(receiver) == ["incident.step"]
    assert people_paged(world) == [(0, "ana")]


def test_a_webhook_that_fails_lets_the_next_step_run_at_once(world, hook, receiver):
    steps(world, tells(hook), pages(world.ana))
    receiver.fail_next(404)
    incident = world.alert()
    world.tick()
    world.tick()
    assert people_paged(world) == [(0, "ana")]
    assert len(receiver.posts) == 1
    said = "\n".join(world.timeline(incident))
    assert "127.0.0.1 answered 404" in said
    assert "nobody of the step was reached; the next runs at once" in said


def test_a_webhook_that_fails_beside_a_person_changes_nothing_for_them(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)), pages(world.bo))
    receiver.fail_next(400)
    incident = world.alert()
    for _ in range(3):
        world.tick()
    incident.refresh_from_db()
    assert incident.step_at == world.now + timedelta(minutes=5)
    assert people_paged(world) == [(0, "ana")]


def test_a_webhook_that_took_it_is_nobody_when_every_message_to_the_person_failed(
    world, hook, receiver, monkeypatch
):
    real = dispatch._ask

    def ask(channel, message, claimed):
        if message.to == world.ana.email:
            return dispatch.Rejected("no such mailbox", dispatch.Fault.MESSAGE)
        return real(channel, message, claimed)

    monkeypatch.setattr(dispatch, "_ask", ask)
    steps(world, (tells(hook), pages(world.ana)), pages(world.bo))
    world.alert()
    world.tick()
    world.tick()
    assert people_paged(world) == [(0, "bo")]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_fails_for_now_is_tried_again_with_the_same_id(world, hook, receiver, status):
    steps(world, (tells(hook), pages(world.ana)))
    receiver.fail_next(status, times=2)
    world.alert()
    for _ in range(3):
        later(world, seconds=15)
    assert len(receiver.posts) == 3
    assert events(receiver) == ["incident.step"]
    assert len({post.headers["X-Watchbill-Delivery"] for post in receiver.posts}) == 1
    stamps = {post.headers["X-Watchbill-Signature"].split(",")[0] for post in receiver.posts}
    assert len(stamps) == 3


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410])
def test_what_is_refused_fails_at_once_and_the_webhook_stays_in_use(world, hook, receiver, status):
    steps(world, (tells(hook), pages(world.ana)))
    receiver.fail_next(status, Location=receiver.url)
    world.alert()
    for _ in range(3):
        later(world, seconds=15)
    assert len(receiver.posts) == 1
    assert Notification.objects.get(method__kind="hook").state == State.FAILED
    assert ContactMethod.objects.get(kind="hook").disabled_reason == ""


def test_it_is_tried_no_more_once_the_time_of_its_step_is_over(world, hook, receiver):
    made = [config.StepSpec(timeout=timedelta(seconds=20), targets=(tells(hook), pages(world.ana)))]
    config.change_policy(policy=world.policy, repeat=0, steps=made, by=TESTS, now=world.now)
    receiver.fail_next(500, times=50)
    world.alert()
    world.tick()
    for _ in range(12):
        later(world, seconds=5)
    assert 2 <= len(receiver.posts) <= 4
    assert Notification.objects.get(method__kind="hook").reason == "the time of its step is over"


def test_a_webhook_that_never_answers_keeps_nobody_waiting(world, hook, receiver, monkeypatch):
    """Its own threads wait for it: a person's message is claimed by others, whatever their kind."""
    monkeypatch.setattr(channel, "TIMEOUT", 0.3)
    receiver.hang()
    steps(world, (tells(hook), pages(world.ana)), pages(world.bo))
    incident = world.alert()
    engine.run_due(clock=lambda: world.now)
    kinds = dispatch.due_kinds(clock=lambda: world.now)
    assert kinds == {"hook", "email"}
    claimed = dispatch.claim_next(clock=lambda: world.now, kinds=("email",))
    dispatch.hand_over(claimed, clock=lambda: world.now)
    assert people_paged(world) == [(0, "ana")]
    world.tick()
    assert "not taken by its server; tried again in 2 s (127.0.0.1 " in "\n".join(world.timeline(incident))
    world.wait(minutes=5)
    assert people_paged(world) == [(0, "ana"), (5, "bo")]


def test_one_whose_server_hangs_is_tried_by_one_event_at_a_time_so_that_others_are_told(
    world, hook, receiver, monkeypatch
):
    monkeypatch.setattr(channel, "TIMEOUT", 0.2)
    with HookReceiver(SECRET) as healthy:
        other = webhooks.create_webhook(
            name="Status page", url=healthy.url, secret=SECRET, by=TESTS, now=world.now
        )
        steps(world, (tells(hook), tells(other), pages(world.ana)))
        receiver.hang()
        incidents = [world.alert(f"k{n}") for n in range(6)]
        engine.run_due(clock=lambda: world.now)
        clock = lambda: world.now  # noqa: E731
        for _ in range(3):  # three tries in a row fail
            dispatch.hand_over(first_to(hook, clock), clock=clock)
        on_its_way = first_to(hook, clock)
        assert first_to(hook, clock) is None
        assert Notification.objects.filter(method__user=hook.recipient, state=State.CLAIMED).count() == 1
        dispatch.send_due(clock=clock)
        assert len(healthy.events) == 6
        said = "\n".join(world.timeline(incidents[-1]))
        assert "waits: its server fails, and is tried by one event at a time" in said
        later(world, seconds=5)
        assert len(receiver.posts) == 3  # one is still on its way
        receiver._hanging.release.set()
        receiver._hanging = None
        dispatch.hand_over(on_its_way, clock=clock)
        for _ in range(4):
            later(world, seconds=5)
        assert len({event["incident"]["id"] for event in receiver.events}) == 6


def first_to(hook, clock):
    """The next event to it that a worker gets, past what is due to other webhooks."""
    seen = []
    while (one := dispatch.claim_next(clock=clock, kinds=("hook",))) is not None:
        if one.page.user_id == hook.pk:
            break
        seen.append(one.pk)
    Notification.objects.filter(pk__in=seen).update(state=State.PENDING, claim=None, lease_until=None)
    return one


def test_a_webhook_that_is_behind_does_not_make_the_site_unwell(world, hook):
    """Its server says nothing of how people are paged."""
    steps(world, (tells(hook), pages(world.ana)))
    world.alert()
    engine.run_due(clock=lambda: world.now)
    mail = dispatch.claim_next(clock=lambda: world.now, kinds=("email",))
    late = world.now + timedelta(minutes=3)
    assert oldest_overdue(now=late) > timedelta(minutes=2)
    dispatch.hand_over(mail, clock=lambda: world.now)
    assert Notification.objects.get(method__kind="hook").state == State.PENDING
    assert oldest_overdue(now=late) == timedelta(0)


def test_a_huge_answer_is_not_read(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)))
    receiver.fail_next(200, body=b"x" * 5_000_000)
    world.alert()
    world.tick()
    assert events(receiver) == ["incident.step"]


def test_what_a_worker_that_died_had_in_hand_is_posted_again_with_the_same_id(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)))
    world.alert()
    engine.run_due(clock=lambda: world.now)
    died = dispatch.claim_next(clock=lambda: world.now, kinds=("hook",))
    later(world, seconds=16)
    assert [event["id"] for event in receiver.events] == [str(died.message_id)]


def test_an_acknowledgement_keeps_back_what_has_not_left(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)))
    incident = world.alert()
    engine.run_due(clock=lambda: world.now)
    world.acknowledge(incident, world.ana)
    world.tick()
    assert receiver.posts == []


def test_low_urgency_is_told_at_night_too_when_it_is_over(world, hook, receiver):
    """A machine does not sleep."""
    steps(world, (tells(hook), pages(world.ana)))
    incident = world.alert(severity="SEV-2")
    world.tick()
    type(incident).objects.filter(pk=incident.pk).update(urgency="low")
    world.now += timedelta(hours=14)  # midnight
    respond.resolve(incident_id=incident.pk, by=TESTS, now=world.now)
    world.tick()
    assert events(receiver) == ["incident.step", "incident.resolved"]


def asked(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_a_webhook_costs_the_decision_no_statement_more(world, hook):
    def decided(key):
        world.alert(key)
        return asked(lambda: engine.run_due(clock=lambda: world.now))

    steps(world, pages(world.ana))
    decided("warm")
    alone = decided("alone")
    steps(world, (tells(hook), pages(world.ana)))
    assert decided("both") == alone


def who(messages):
    names = dict(User.objects.values_list("pk", "name"))
    return [(names[one.user], one.via) for one in messages]


def test_it_is_foretold_and_is_no_person(world, hook):
    steps(world, tells(hook), pages(world.ana))
    foretold = simulate(world.service, severity="SEV-1", at=world.now)
    assert who(foretold) == [("Ops bus", "webhook"), ("Ana Ruiz", "email"), ("Mia Falk", "email")]
    assert [one.at - world.now for one in foretold] == [timedelta(minutes=n) for n in (0, 5, 10)]
    incident = world.alert()
    assert who(plan_of(incident, now=world.now)) == who(foretold)
    assert who(next_of([incident], now=world.now).values()) == [("Ops bus", "webhook")]
    steps(world, tells(hook))
    assert who(simulate(world.service, severity="SEV-1", at=world.now)) == [
        ("Ops bus", "webhook"),
        ("Mia Falk", "email"),
    ]


def test_nobody_is_called_in_its_place(world, hook):
    steps(world, (tells(hook), pages(world.ana)))
    assert [one.user for one in calls._candidates(world.service, now=world.now)] == [world.ana.pk]


def test_a_test_event_says_that_it_is_one_and_is_asked_for_at_most_every_ten_seconds(world, hook, receiver):
    webhooks.try_webhook(webhook=hook, by=TESTS, now=world.now)
    with pytest.raises(config.ConfigError, match="a moment ago"):
        webhooks.try_webhook(webhook=hook, by=TESTS, now=world.now + timedelta(seconds=9))
    world.tick()
    assert [(event["event"], event["incident"]["title"]) for event in receiver.events] == [
        ("test", "A test event. Nothing is wrong.")
    ]
    webhooks.try_webhook(webhook=hook, by=TESTS, now=world.now + timedelta(seconds=10))


def test_a_test_event_that_fails_asks_nobody_else(world, hook, receiver):
    receiver.fail_next(404)
    webhooks.try_webhook(webhook=hook, by=TESTS, now=world.now)
    world.tick()
    world.tick()
    assert people_paged(world) == []
    assert not Page.objects.exclude(user=hook.recipient).exists()


def test_a_new_secret_signs_from_now_on_and_stands_in_no_ledger(world, hook, receiver):
    receiver.secret = webhooks.renew_secret(webhook=hook, by=TESTS, now=world.now)
    assert receiver.secret != SECRET
    webhooks.try_webhook(webhook=hook, by=TESTS, now=world.now)
    world.tick()
    assert events(receiver) == ["test"]
    ledger = "\n".join(f"{row.what} {row.why} {row.data}" for row in Entry.objects.all())
    assert "webhook Ops bus signs with another secret" in ledger
    kept = "\n".join(Attempt.objects.values_list("body", flat=True))
    for word in (SECRET, receiver.secret, "/watchbill"):
        assert word not in ledger
        assert word not in kept


def test_another_address_is_posted_to_from_now_on(world, hook, receiver):
    former = f"{receiver.url}/former"
    webhooks.change_webhook(webhook=hook, url=former, by=TESTS, now=world.now)
    webhooks.change_webhook(webhook=hook, url=receiver.url, by=TESTS, now=world.now)
    before = Entry.objects.count()
    webhooks.change_webhook(webhook=hook, url=receiver.url, by=TESTS, now=world.now)
    assert Entry.objects.count() == before
    webhooks.try_webhook(webhook=hook, by=TESTS, now=world.now)
    world.tick()
    assert [post.path for post in receiver.posts] == ["/watchbill"]
    assert webhooks.pointed(hook).address == receiver.url


def test_one_that_a_policy_names_is_not_retired(world, hook):
    steps(world, (tells(hook), pages(world.ana)))
    with pytest.raises(config.ConfigError, match="told by escalation policy “Payments”"):
        webhooks.retire_webhook(webhook=hook, by=TESTS, now=world.now)


def test_a_retired_one_hears_nothing_more_of_running_incidents_either(world, hook, receiver):
    steps(world, (tells(hook), pages(world.ana)), repeat=1)
    incident = world.alert()
    world.tick()
    steps(world, pages(world.ana))
    webhooks.retire_webhook(webhook=hook, by=TESTS, now=world.now)
    world.wait(minutes=5)
    assert events(receiver) == ["incident.step"]
    assert people_paged(world) == [(0, "ana"), (5, "ana")]
    assert "no usable contact method of Ops bus" in "\n".join(world.timeline(incident))
    with pytest.raises(config.ConfigError, match="which is retired"):
        steps(world, (tells(Webhook.objects.get()), pages(world.ana)))
    again = webhooks.create_webhook(name=NAME, url=receiver.url, by=TESTS, now=world.now)
    assert again.pk == hook.pk
    assert webhooks.pointed(again).signing_secret != SECRET


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "write one such as https://"),
        ("hooks.acme.example/x", "write one such as https://"),
        ("ftp://hooks.acme.example/x", "write one such as https://"),
        ("javascript:alert(1)", "write one such as https://"),
        ("https://user:word@hooks.acme.example/", "no user, password"),
        ("http://hooks.acme.example/", "without encryption"),
        (f"https://hooks.acme.example/{'x' * 1000}", "write one such as https://"),
        ("https://10.0.0.7/", "WEBHOOK_PRIVATE_HOSTS"),
        ("https://169.254.169.254/latest/meta-data", "WEBHOOK_PRIVATE_HOSTS"),
        ("https://[::1]/", "WEBHOOK_PRIVATE_HOSTS"),
    ],
)
def test_other_addresses_are_refused_and_nothing_is_written(world, url, says):
    with pytest.raises(config.ConfigError, match=says):
        webhooks.create_webhook(name=NAME, url=url, by=TESTS, now=world.now)
    assert not Webhook.objects.exists()
    assert not User.objects.filter(NOBODY).exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"secret": "short"}, "16 to 64"),
        ({"secret": "x" * 65}, "16 to 64"),
        ({"secret": "with a space in the middle"}, "16 to 64"),
        ({"name": "  "}, "needs a name"),
        ({"name": "x" * 101}, "needs a name"),
    ],
    ids=["short", "long", "a space", "no name", "a long name"],
)
def test_other_names_and_secrets_are_refused(world, words, says):
    given = {"name": NAME, "url": "https://hooks.acme.example/", **words}
    with pytest.raises(config.ConfigError, match=says):
        webhooks.create_webhook(**given, by=TESTS, now=world.now)


def test_a_name_that_does_not_resolve_is_tried_again_and_the_person_is_paged(world, monkeypatch):
    def unknown(*_args, **_more):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    hook = webhooks.create_webhook(name=NAME, url="https://nowhere.invalid/x", by=TESTS, now=world.now)
    steps(world, (tells(hook), pages(world.ana)))
    incident = world.alert()
    world.tick()
    assert people_paged(world) == [(0, "ana")]
    said = "\n".join(world.timeline(incident))
    assert "tried again in 2 s (nowhere.invalid did not answer (gaierror))" in said


def test_two_of_one_name_are_refused(world, hook):
    with pytest.raises(config.ConfigError, match="already a webhook"):
        webhooks.create_webhook(name=NAME, url="https://hooks.acme.example/", by=TESTS, now=world.now)


def test_a_target_is_a_webhook_or_something_else(world, hook):
    with pytest.raises(config.ConfigError, match="is not one of"):
        steps(world, config.TargetSpec(webhook=hook, user=world.ana))
    steps(world, tells(hook))
    with pytest.raises(IntegrityError), transaction.atomic():
        Target.objects.update(user=world.ana)


def test_a_policy_that_was_frozen_with_it_is_read_again(world, hook):
    steps(world, tells(hook))
    frozen = Policy.from_json(world.alert().policy)
    assert frozen.steps[0].targets[0].webhook == hook.pk
    assert Policy.from_json(frozen.to_json()) == frozen


def test_it_is_no_contact_method_of_anybody_s(world):
    assert "hook" not in ContactMethod.Kind.values
    with pytest.raises(contacts.Refused, match="no kind of contact method"):
        contacts.checked_address("hook", "https://hooks.acme.example/")
