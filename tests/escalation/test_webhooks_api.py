"""What a script may read of webhooks, and a test event."""

import pytest

from escalation import dispatch
from escalation.actions import config, queueing, webhooks
from escalation.models import HookDelivery
from people.actions import create_token
from tests.fakes.hook_receiver import HookReceiver
from tests.world import TESTS

SECRET = "s3cret-s3cret-s3cret"
ADDRESS = "/api/v1/webhooks"


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with HookReceiver(SECRET) as receiver:
        yield receiver


@pytest.fixture
def hook(world, receiver):
    return webhooks.create_webhook(name="Ops bus", url=receiver.url, secret=SECRET, by=TESTS, now=world.now)


def as_mia(api, world):
    token = create_token(user=world.mia, by=TESTS, now=world.now)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return api


def test_it_lists_those_in_use_without_secret_and_without_the_rest_of_the_address(api, world, hook):
    steps = [world.step(config.TargetSpec(webhook=hook), config.TargetSpec(user=world.ana))] * 2
    config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
    gone = webhooks.create_webhook(name="Gone", url="https://hooks.acme.example/", by=TESTS, now=world.now)
    webhooks.retire_webhook(webhook=gone, by=TESTS, now=world.now)
    for address in (ADDRESS, f"{ADDRESS}/"):
        answer = api.get(address)
        assert answer.json()["results"] == [
            {
                "id": hook.pk,
                "name": "Ops bus",
                "address": "http://127.0.0.1/…",
                "policies": ["Payments"],
                "follows": {"all": False, "services": [], "teams": [], "events": []},
                "standing": "follows nothing",
            }
        ]
        assert SECRET not in answer.content.decode()
    assert api.get(f"{ADDRESS}/{hook.pk}").json()["name"] == "Ops bus"
    assert api.get(f"{ADDRESS}/{gone.pk}").status_code == 404


def test_a_manager_sends_a_test_event_and_an_engineer_does_not(api, world, hook, receiver):
    assert api.post(f"{ADDRESS}/{hook.pk}/test").status_code == 403
    answer = as_mia(api, world).post(f"{ADDRESS}/{hook.pk}/test")
    assert answer.status_code == 202
    assert api.post(f"{ADDRESS}/{hook.pk}/test/").status_code == 409
    world.tick()
    assert [event["event"] for event in receiver.events] == ["test"]


def test_nobody_reads_it_without_a_token(api, hook):
    api.credentials()
    assert api.get(ADDRESS).status_code == 401


# What it follows


def post(world):
    while queueing.queue_events(clock=lambda: world.now):
        pass
    dispatch.send_due(clock=lambda: world.now)


def test_a_manager_says_what_it_follows_and_an_engineer_does_not(api, world, hook):
    said = {"teams": ["Payments"], "events": ["incident.resolved"]}
    assert api.post(f"{ADDRESS}/{hook.pk}/follow", said, format="json").status_code == 403
    answer = as_mia(api, world).post(f"{ADDRESS}/{hook.pk}/follow", said, format="json")
    assert answer.status_code == 200
    assert answer.json()["follows"] == {"all": False, "services": [], **said}
    assert answer.json()["standing"] == "takes what is posted; nothing waits"
    answer = api.post(f"{ADDRESS}/{hook.pk}/follow", {"all": True}, format="json")
    assert answer.status_code == 403
    assert "superuser" in answer.json()["detail"]
    assert api.post(f"{ADDRESS}/{hook.pk}/follow/", {}, format="json").json()["standing"] == "follows nothing"


@pytest.mark.parametrize(
    "said",
    [
        {"all": True, "teams": ["Payments"]},
        {"services": ["nothing"]},
        {"events": ["incident.opened"]},
        {"teams": "Payments"},
        {"events": {"a": 1}},
        [1],
    ],
    ids=["two", "no service", "no event", "no list", "no list either", "no object"],
)
def test_what_cannot_be_followed_is_a_400(api, world, hook, said):
    answer = as_mia(api, world).post(f"{ADDRESS}/{hook.pk}/follow", said, format="json")
    assert answer.status_code == 400


def test_the_log_is_read_and_what_failed_is_posted_again(api, world, hook, receiver):
    as_mia(api, world).post(f"{ADDRESS}/{hook.pk}/follow", {"services": ["payments-api"]}, format="json")
    receiver.fail_next(500)
    incident = world.alert()
    post(world)
    log = f"{ADDRESS}/{hook.pk}/deliveries"
    (one,) = api.get(log).json()["results"]
    assert (one["event"], one["incident"], one["state"]) == ("incident.triggered", incident.pk, "waiting")
    assert one["webhook_id"] == receiver.posts[0].headers["webhook-id"]
    (try_,) = one["tries"]
    assert (try_["status"], try_["error"]) == (500, "127.0.0.1 answered 500")
    assert api.get(log, {"state": "failed"}).json()["results"] == []
    assert api.get(log, {"incident": incident.pk}).json()["results"] == [one]
    assert api.get(log, {"state": "x"}).status_code == 400
    assert api.get(log, {"incident": "9" * 30}).status_code == 400
    assert api.get(log, {"cursor": "x"}).status_code == 404
    again = f"{log}/{one['id']}/replay"
    assert api.post(again).status_code == 409
    HookDelivery.objects.update(state="failed")
    assert api.post(again).json()["state"] == "waiting"
    HookDelivery.objects.update(state="failed")
    since = {"since": "2026-03-02T00:00:00Z"}
    assert api.post(f"{ADDRESS}/{hook.pk}/replay", since, format="json").json() == {"replayed": 1, "left": 0}
    assert api.post(f"{ADDRESS}/{hook.pk}/replay", since, format="json").status_code == 409
    assert api.post(f"{ADDRESS}/{hook.pk}/replay", {"since": "soon"}, format="json").status_code == 400
    assert api.post(f"{ADDRESS}/{hook.pk}/resume").status_code == 409
    post(world)
    assert receiver.events[0]["incident"]["id"] == incident.pk


def test_an_engineer_neither_reads_the_log_nor_posts_again(api, world, hook):
    assert api.get(f"{ADDRESS}/{hook.pk}/deliveries").status_code == 403
    for what in ("replay", "resume", "deliveries/1/replay"):
        assert api.post(f"{ADDRESS}/{hook.pk}/{what}").status_code == 403
    as_mia(api, world)
    assert api.post(f"{ADDRESS}/{hook.pk}/deliveries/1/replay").status_code == 404
