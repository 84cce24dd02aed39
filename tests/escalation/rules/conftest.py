from datetime import timedelta

import pytest

from escalation import intake
from escalation.actions import rules
from escalation.actions.rules import Kind, RuleSpec
from escalation.models import Alert, Incident
from escalation.sources.event import Action, Event
from tests.world import KEY, TESTS, World

DISK = {"alertname": "DiskFull", "cluster": "eu1"}


class Ruled(World):
    """The world, with alerts that have labels, and rules about them. Ana answers for the rules."""

    def fires(self, dedup_key="disk", *, labels=DISK, severity="SEV-2", action=Action.TRIGGER, key=KEY):
        event = Event(
            action=action,
            dedup_key=dedup_key,
            summary=f"{dedup_key} is full",
            severity=severity,
            labels=labels,
        )
        intake.receive(key=key, events=[event], source="tests", now=self.now)
        return Incident.objects.get(pk=Alert.objects.filter(dedup_key=dedup_key).latest("pk").incident_id)

    def rule(self, *, kind=Kind.SUPPRESS, match=None, quiet_open=False, **fields):
        fields = {"owner": self.ana, "reason": "the disk is on order", **fields}
        if kind == Kind.SUPPRESS:
            fields.setdefault("ends_at", self.later(days=2))
        spec = RuleSpec(service=self.service, kind=kind, match=match or {"alertname": "DiskFull"}, **fields)
        row, _ = rules.create_rule(spec=spec, quiet_open=quiet_open, by=TESTS, now=self.now)
        return row

    def trial(self, **fields):
        return self.rule(kind=Kind.TRIAL, **fields)

    def later(self, **delta):
        return self.now + timedelta(**delta)


@pytest.fixture
def world(db):
    return Ruled()
