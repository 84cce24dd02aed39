"""The verbs that set up policies, services and routing keys."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation.actions import config
from escalation.actions.config import ConfigError, StepSpec, TargetSpec
from escalation.models import EscalationPolicy, RoutingKey, Service, Step
from people.actions import create_user
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import User

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 11, 12, tzinfo=UTC)
BY = Actor("tests")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ana() -> User:
    return create_user(username="ana", by=BY, now=NOW)


@pytest.fixture
def steps(ana) -> list[StepSpec]:
    return [
        StepSpec(timeout=MINUTE, targets=[TargetSpec(user=ana)]),
        StepSpec(after=MINUTE, targets=[TargetSpec(user=ana)]),
    ]


@pytest.fixture
def policy(steps) -> EscalationPolicy:
    return config.create_policy(name="P", repeat=1, steps=steps, by=BY, now=NOW)


@pytest.fixture
def service(policy) -> Service:
    return config.create_service(name="S", policy=policy, by=BY, now=NOW)


def test_a_policy_has_its_steps_in_order(policy):
    assert list(policy.steps.order_by("position").values_list("position", "timeout", "after")) == [
        (1, MINUTE, None),
        (2, None, MINUTE),
    ]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"timeout": timedelta(0)}, "waits no time at all"),
        ({"timeout": -MINUTE}, "waits no time at all"),
        ({"after": timedelta(0)}, "waits no time at all"),
        ({}, "either a timeout or an `after`"),
        ({"timeout": MINUTE, "after": MINUTE}, "either a timeout or an `after`"),
        ({"timeout": MINUTE, "targets": []}, "pages nobody"),
        ({"timeout": MINUTE, "targets": [TargetSpec()]}, "not one of a schedule"),
    ],
)
def test_a_step_that_cannot_work_is_refused(ana, step, said):
    spec = StepSpec(**{"targets": [TargetSpec(user=ana)], **step})
    with pytest.raises(ConfigError, match=said):
        config.create_policy(name="P", repeat=0, steps=[spec], by=BY, now=NOW)
    assert not EscalationPolicy.objects.exists()


@pytest.mark.parametrize(("count", "allowed"), [(0, False), (1, True), (50, True), (51, False)])
def test_a_policy_has_from_one_to_fifty_steps(ana, count, allowed):
    many = [StepSpec(timeout=MINUTE, targets=[TargetSpec(user=ana)])] * count
    if allowed:
        config.create_policy(name="P", repeat=0, steps=many, by=BY, now=NOW)
    else:
        with pytest.raises(ConfigError, match=f"from 1 to 50 steps, and this one {count}"):
            config.create_policy(name="P", repeat=0, steps=many, by=BY, now=NOW)
    assert Step.objects.count() == count * allowed


def test_a_policy_that_says_so_already_is_not_written(policy, steps):
    before = set(Step.objects.values_list("pk", flat=True))
    config.change_policy(policy=policy, repeat=1, steps=steps, by=BY, now=NOW)
    assert set(Step.objects.values_list("pk", flat=True)) == before
    assert not Entry.objects.filter(verb="policy.changed").exists()
    config.change_policy(policy=policy, repeat=1, steps=steps[:1], by=BY, now=NOW)
    assert Entry.objects.get(verb="policy.changed").data == {
        "steps": [["0:01:00: ana", "after 0:01:00: ana"], ["0:01:00: ana"]]
    }


def test_a_policy_in_use_is_not_retired(policy, service):
    with pytest.raises(ConfigError, match="used by service “S”"):
        config.retire_policy(policy=policy, by=BY, now=NOW)
    config.retire_service(service=service, by=BY, now=NOW)
    config.retire_policy(policy=policy, by=BY, now=NOW)
    assert EscalationPolicy.objects.get().retired_at == NOW


def test_a_name_is_given_once_until_it_is_retired(policy, service, steps):
    with pytest.raises(ConfigError, match="already an escalation policy “P”"):
        config.create_policy(name="P", repeat=0, steps=steps, by=BY, now=NOW)
    with pytest.raises(ConfigError, match="already a service “S”"):
        config.create_service(name="S", policy=policy, by=BY, now=NOW)
    config.retire_service(service=service, by=BY, now=NOW)
    again = config.create_service(name="S", policy=policy, by=BY, now=NOW, acknowledgement_timeout=MINUTE)
    assert (again.pk, again.retired_at, again.acknowledgement_timeout) == (service.pk, None, MINUTE)


def test_a_service_never_waits_no_time_for_an_acknowledgement(policy):
    with pytest.raises(ConfigError, match="longer than nothing"):
        config.create_service(name="S", policy=policy, by=BY, now=NOW, acknowledgement_timeout=timedelta(0))


def test_a_service_that_changes_says_from_and_to(service):
    for _ in range(2):
        config.change_service(service=service, by=BY, now=NOW, urgency={"SEV-3": "low"})
    assert Entry.objects.get(verb="service.changed").data == {"urgency": [{}, {"SEV-3": "low"}]}


def test_a_key_is_made_once_and_looked_up_by_its_digest(service):
    key = config.ensure_routing_key(service=service, name="a", by=BY, now=NOW)
    assert config.ensure_routing_key(service=service, name="a", by=BY, now=NOW) == key
    assert RoutingKey.objects.get(digest=RoutingKey.digest_of(key.key)) == key
    assert len(key.key) == 32
    assert key.key not in str(list(Entry.objects.values()))


def test_another_value_revokes_the_old_key(service):
    old = config.ensure_routing_key(service=service, name="a", key="a" * 32, by=BY, now=NOW)
    new = config.ensure_routing_key(service=service, name="a", key="b" * 32, by=BY, now=NOW)
    old.refresh_from_db()
    assert (old.revoked_at, new.revoked_at) == (NOW, None)
    back = config.ensure_routing_key(service=service, name="a", key="a" * 32, by=BY, now=NOW)
    assert (back.pk, back.revoked_at) == (old.pk, None)


def test_a_value_belongs_to_one_live_key(service, policy):
    other = config.create_service(name="T", policy=policy, by=BY, now=NOW)
    config.ensure_routing_key(service=service, name="a", key="a" * 32, by=BY, now=NOW)
    with pytest.raises(ConfigError, match="already used"):
        config.ensure_routing_key(service=other, name="a", key="a" * 32, by=BY, now=NOW)
    config.retire_service(service=service, by=BY, now=NOW)
    config.ensure_routing_key(service=other, name="a", key="a" * 32, by=BY, now=NOW)
    assert RoutingKey.objects.get().service == other


@pytest.mark.parametrize("value", ["a" * 31, "a" * 33, "a" * 31 + "-", "ä" * 32])
def test_a_value_is_thirty_two_letters_and_digits(service, value):
    with pytest.raises(ConfigError, match="32 letters and digits"):
        config.ensure_routing_key(service=service, name="a", key=value, by=BY, now=NOW)
