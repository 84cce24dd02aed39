"""An incident that cannot be decided is left as it is, and keeps no rule from its beginning or its end."""

from escalation.actions import rules
from escalation.models import Incident
from tests.escalation.rules.conftest import DISK
from tests.world import TESTS


def parked(incident):
    return Incident.objects.get(pk=incident.pk).parked_reason


def undecidable(incident):
    """Its frozen policy was written by a later version."""
    Incident.objects.filter(pk=incident.pk).update(policy={"later": True})


def test_one_that_cannot_be_decided_neither_stops_a_rule_nor_the_quiet_of_others(world):
    bad, good = world.fires("a"), world.fires("b")
    undecidable(bad)
    _, count = rules.create_rule(
        spec=rules.RuleSpec(
            service=world.service,
            kind=rules.Kind.SUPPRESS,
            match=DISK,
            owner=world.ana,
            ends_at=world.later(days=1),
        ),
        quiet_open=True,
        by=TESTS,
        now=world.now,
    )
    assert (parked(bad), parked(good), count) == ("", "suppressed", 1)


def test_one_that_cannot_be_decided_does_not_stop_the_end_of_a_rule(world):
    rule = world.rule()
    bad, good = world.fires("a"), world.fires("b")
    undecidable(bad)
    assert rules.end_rule(rule=rule, by=TESTS, now=world.now)
    assert (parked(bad), parked(good)) == ("suppressed", "")
    assert world.tick().sent()
