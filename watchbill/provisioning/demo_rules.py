"""The demo's rules: a trial that has run for some days, with what it would have done, and a suppress rule."""

from datetime import datetime, timedelta

from escalation import intake
from escalation.actions import respond
from escalation.actions.rules import Kind, RuleSpec, create_rule
from escalation.models import Service
from escalation.rulekeeping.reckoning import reckon_due
from escalation.sources.event import Action, Event
from people.ledger.record import Actor
from people.models import User

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PROMETHEUS = Actor("prometheus")
SLOW = {"alertname": "CheckoutSlow"}
FIRED = (62, 54, 46, 15)  # hours ago: eight of them are shorter than a night, so one falls into it


def make_rules(now: datetime) -> None:
    """Nothing of it is open, so nothing of it pages when it ends."""
    maya, oscar = (User.objects.get(username=name) for name in ("maya", "oscar"))
    checkout, clusters = (Service.objects.get(name=name) for name in ("checkout", "clusters"))
    begun = now - 3 * DAY
    trial = RuleSpec(
        service=checkout, kind=Kind.TRIAL, match=SLOW, owner=maya, reason="new: p99 over 2 s for 5 min"
    )
    create_rule(spec=trial, by=Actor.person(maya, via="web"), now=begun)
    noisy = RuleSpec(
        service=clusters,
        kind=Kind.SUPPRESS,
        match={"alertname": "NodeDiskFilling", "cluster": "us-*"},
        owner=oscar,
        ends_at=begun + 17 * DAY,
        reason="larger disks come in two weeks",
    )
    create_rule(spec=noisy, by=Actor.person(oscar, via="web"), now=begun)
    for number, hours in enumerate(FIRED):
        _fires(Service.objects.get(pk=checkout.pk), number, at=now - hours * HOUR)
    reckon_due(clock=lambda: now, limit=len(FIRED))


def _fires(service: Service, number: int, *, at: datetime) -> None:
    """It goes away by itself, as such an alert does."""
    event = Event(
        action=Action.TRIGGER,
        dedup_key=f"demo:CheckoutSlow:{number}",
        summary="Checkout takes longer than 2 s",
        severity="SEV-2",
        source="shop-1",
        labels={**SLOW, "cluster": "eu1"},
    )
    incident = intake.raise_alert(service=service, event=event, by=PROMETHEUS, now=at)
    respond.resolve(incident_id=incident.pk, by=PROMETHEUS, now=at + 11 * timedelta(minutes=1))
