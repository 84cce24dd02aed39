"""A step that asks one of a team in turn stands in the document."""

import pytest

from escalation.models import EscalationPolicy, Target
from people.ledger.models import Entry
from tests.provisioning.organisations import NOW, SMALL, empty_the_database, put, refused
from watchbill.provisioning.export import export

pytestmark = pytest.mark.django_db

STEP = "{timeout: 5m, targets: [{schedule: Ops}]}"


def with_target(target):
    return SMALL.replace(STEP, f"{{timeout: 5m, targets: [{target}]}}")


IN_TURN = with_target("{team: Ops, role: responder, pick: round_robin}")


def test_it_is_applied_exported_and_applied_again_without_a_change():
    put(SMALL)
    plan = put(IN_TURN)
    assert [(change.kind, change.action) for change in plan.changes] == [("escalation policy", "change")]
    assert str(Target.objects.get(step__policy__name="Ops")) == "Ops responder in turn"
    entry = Entry.objects.filter(verb="policy.changed").latest("pk")
    assert entry.data["steps"][1] == ["0:05:00: Ops responder in turn"]
    assert put(IN_TURN).changes == ()
    document = export(now=NOW)
    assert "{team: Ops, role: responder, pick: round_robin}" in document
    assert put(document).changes == ()
    empty_the_database()
    put(document)
    assert export(now=NOW) == document


def test_all_of_a_team_is_what_is_meant_where_nothing_is_said():
    put(with_target("{team: Ops, role: responder}"))
    assert put(with_target("{team: Ops, role: responder, pick: all}")).changes == ()
    assert "pick" not in export(now=NOW)
    assert put(IN_TURN).changes
    assert put(with_target("{team: Ops, role: responder}")).changes
    assert EscalationPolicy.objects.get(name="Ops").steps.get().targets.get().pick == ""


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("{schedule: Ops, pick: round_robin}", "has a pick, which only a team takes"),
        ("{user: ana, pick: round_robin}", "has a pick, which only a team takes"),
        ("{team: Ops, pick: random}", "write 'all' or 'round_robin'"),
        ("{team: Ops, picks: round_robin}", "picks"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(target, says):
    assert says in "\n".join(refused(with_target(target)))
