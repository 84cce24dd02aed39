"""What a script may read of webhooks, and a test event."""

import pytest

from escalation.actions import config, webhooks
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
            {"id": hook.pk, "name": "Ops bus", "address": "http://127.0.0.1/…", "policies": ["Payments"]}
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
