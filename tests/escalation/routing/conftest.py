import pytest

from escalation import intake
from escalation.actions import config
from escalation.actions.routing import RoutingSpec, create_routing_rule
from escalation.models import Alert
from escalation.sources.event import Action, Event
from people import actions as people
from people.ledger.models import Entry
from tests.world import KEY, TESTS, World

DISK = {"alertname": "DiskFull", "cluster": "eu1"}
DB_KEY = "db" * 16


class Routing(World):
    """The world, and a service `shop-db` of another team beside it: Dee is on it, whom Zoe manages."""

    def __init__(self):
        super().__init__()
        self.dee, self.zoe = self.person("dee", "Dee Berg"), self.person("zoe", "Zoe Voss")
        self.data = people.create_team(name="Data", by=TESTS, now=self.now)
        members = {self.dee: "responder", self.zoe: "manager"}
        people.set_members(team=self.data, members=members, by=TESTS, now=self.now)
        self.database = self.another("shop-db", team=self.data, user=self.dee)
        self.db_key = config.ensure_routing_key(
            service=self.database, name="tests", key=DB_KEY, by=TESTS, now=self.now
        )

    def another(self, name, *, team=None, user=None):
        steps = [self.step(config.TargetSpec(user=user or self.dee))]
        policy = config.create_policy(name=name, repeat=0, steps=steps, by=TESTS, now=self.now)
        return config.create_service(name=name, policy=policy, team=team, by=TESTS, now=self.now)

    def route(self, match=None, *, service=None, to=None, **fields):
        spec = RoutingSpec(match=match or {"alertname": "Disk*"}, to_service=to, **fields)
        return create_routing_rule(service=service or self.service, spec=spec, by=TESTS, now=self.now)

    def posts(self, *events, key=KEY):
        return intake.receive(key=key, events=events, source="tests", now=self.now)

    def fires(self, dedup_key="disk", *, key=KEY, **fields):
        """The newest alert of that summary."""
        self.posts(said(dedup_key, **fields), key=key)
        return Alert.objects.filter(summary=f"{dedup_key} is full").latest("pk")

    def ends(self, dedup_key="disk", *, key=KEY):
        """As PagerDuty's resolve: it has no labels."""
        self.posts(Event(action=Action.RESOLVE, dedup_key=dedup_key), key=key)

    @staticmethod
    def open_in(service):
        return sorted(alert.sent_key for alert in Alert.objects.filter(service=service, status="open"))

    @staticmethod
    def timeline(alert):
        entries = Entry.objects.filter(subject_type="incident", subject_id=alert.incident_id).order_by("pk")
        return [f"{entry.what}: {entry.why}" for entry in entries]


def said(dedup_key="disk", *, labels=DISK, severity="SEV-2", action=Action.TRIGGER, **fields):
    summary = f"{dedup_key} is full"
    return Event(
        action=action, dedup_key=dedup_key, summary=summary, severity=severity, labels=labels, **fields
    )


@pytest.fixture
def world(db):
    return Routing()
