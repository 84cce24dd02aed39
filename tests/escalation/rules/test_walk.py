"""Rules are made, extended, cut short and ended, alerts come and change, and time passes, at random."""

import random

import pytest

from escalation import engine
from escalation.actions import rules
from escalation.actions.rules import Kind
from escalation.actions.steps import ConfigError
from escalation.core.matching import matches
from escalation.models import Alert, AlertRule, Incident
from people.actions import deactivate_user, reactivate_user
from tests.escalation.rules.test_trials import keep
from tests.world import TESTS

LABELS = [{"alertname": name, "cluster": cluster} for name in ("Disk", "Cpu") for cluster in ("eu1", "us1")]
MATCHES = [
    {"alertname": "Disk"},
    {"alertname": "C*"},
    {"cluster": "eu*"},
    {"alertname": "Disk", "cluster": "*1"},
]
SEVERITIES = ("SEV-1", "SEV-2", "SEV-3")


class Walk:
    def __init__(self, world, seed):
        self.world, self.dice = world, random.Random(seed)  # noqa: S311

    def step(self):
        moves = [self.fire] * 5 + [self.make] * 2 + [self.change, self.end, self.leave, self.wait, self.wait]
        self.dice.choice(moves)()
        while engine.run_due(clock=lambda: self.world.now):
            pass
        self.check()

    def fire(self):
        key, labels = f"key{self.dice.randrange(6)}", self.dice.choice(LABELS)
        self.world.fires(key, labels=labels, severity=self.dice.choice(SEVERITIES))

    def make(self):
        try:
            self.world.rule(
                kind=self.dice.choice(list(Kind)),
                match=self.dice.choice(MATCHES),
                owner=self.dice.choice([self.world.ana, self.world.bo]),
                ends_at=self.world.later(hours=self.dice.randrange(1, 72)),
                quiet_open=self.dice.random() < 0.5,
            )
        except ConfigError as refusal:
            assert "extend that one" in str(refusal) or "has left" in str(refusal)

    def one(self):
        going = list(AlertRule.objects.filter(ended_at=None, ends_at__gt=self.world.now).order_by("pk"))
        return self.dice.choice(going) if going else None

    def change(self):
        if rule := self.one():
            ends_at = self.world.later(hours=self.dice.randrange(1, 72))
            severities = self.dice.sample(SEVERITIES, self.dice.randrange(1, 4))
            rules.change_rule(rule=rule, ends_at=ends_at, severities=severities, by=TESTS, now=self.world.now)

    def end(self):
        if rule := self.one():
            rules.end_rule(rule=rule, by=TESTS, now=self.world.now)

    def leave(self):
        self.world.bo.refresh_from_db()
        switch = deactivate_user if self.world.bo.is_active else reactivate_user
        switch(user=self.world.bo, by=TESTS, now=self.world.now)
        self.world.bo.refresh_from_db()
        keep(self.world)

    def wait(self):
        self.world.now = self.world.later(hours=self.dice.randrange(1, 30))
        keep(self.world)

    def check(self):
        """What the page of each incident would have to say, asked of the rules one by one."""
        now = self.world.now
        going = [rule for rule in AlertRule.objects.all() if rule.ended_at is None and rule.ends_at > now]
        self.world.service.refresh_from_db()
        assert self.world.service.has_rules or not going
        for incident in Incident.objects.exclude(status="resolved"):
            assert incident.wake_at is not None or incident.parked_reason
            if incident.parked_reason in {"suppressed", "trial"}:
                (alert,) = Alert.objects.filter(incident=incident)
                mine = [rule for rule in going if rule.owner.is_active and means(rule, alert, incident)]
                assert mine, f"{incident} is quiet for a rule that is over"
                assert now < incident.quiet_until <= max(rule.ends_at for rule in mine)


def means(rule, alert, incident):
    """An alert is as bad as the worst event of it; its last one may have been milder."""
    return matches(rule.match, alert.labels) and any(
        severity in rule.severities for severity in SEVERITIES if severity >= alert.severity
    )


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_quiet_without_a_rule_in_force_that_means_it(world, seed):
    walk = Walk(world, seed)
    for _ in range(40):
        walk.step()
