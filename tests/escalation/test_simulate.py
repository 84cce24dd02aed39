"""What is foretold is what happens: the same machine, run forward."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from escalation.actions.rules import Kind, RuleSpec, create_rule
from escalation.planning import plan_of, simulate
from paging.actions import contacts
from tests.escalation.maintained import planned
from tests.escalation.routing.conftest import Routing
from tests.world import TESTS


def told(messages, world):
    names = {user.pk: user.username for user in (world.ana, world.bo, world.mia)}
    return [(int((one.at - world.began).total_seconds() / 60), names[one.user], one.via) for one in messages]


def test_the_plan_is_what_then_happens(world):
    contacts.set_contact_method(user=world.ana, kind="sms", address="+14155550101", by=TESTS, now=world.now)
    rules = [("sms", timedelta(0)), ("email", timedelta(minutes=2))]
    contacts.set_rules(user=world.ana, urgency="high", rules=rules, by=TESTS, now=world.now)
    foretold = told(simulate(world.service, severity="SEV-1", at=world.now), world)
    world.alert()
    for _ in range(40):
        world.wait(minutes=1)
    assert world.sent() == foretold
    assert foretold[0] == (0, "ana", "sms")
    assert foretold[-1] == (30, "mia", "email")  # the managers, when the policy is exhausted


def test_the_plan_of_a_running_incident_begins_now(world):
    incident = world.alert()
    world.wait(minutes=6)
    incident.refresh_from_db()
    assert told(plan_of(incident, now=world.now), world)[0] == (10, "mia", "email")


def test_an_acknowledged_incident_pages_again_only_when_that_runs_out(world):
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.ana)
    incident.refresh_from_db()
    assert told(plan_of(incident, now=world.now), world)[0] == (30, "ana", "email")


def test_low_urgency_has_an_empty_plan(world):
    assert simulate(world.service, severity="SEV-4", at=world.now) == []


def test_the_command_prints_the_contract_s_json(world, capsys):
    call_command("simulate", "payments-api", severity="SEV-1", at="2026-03-02T10:00:00Z", format="json")
    rows = json.loads(capsys.readouterr().out)
    assert rows[0] == {"at": "2026-03-02T10:00:00Z", "user": "ana", "via": "email", "step": 1, "repeat": 0}
    assert [row["repeat"] for row in rows] == [0, 0, 0, 1, 1, 1, 1]
    assert rows[-1]["step"] is None


def test_the_command_counts_the_rules_that_mean_the_labels(world, capsys):
    spec = RuleSpec(
        service=world.service,
        kind=Kind.SUPPRESS,
        match={"alertname": "Disk*"},
        owner=world.ana,
        ends_at=world.now + timedelta(days=1),
    )
    create_rule(spec=spec, by=TESTS, now=world.now)
    asked = {"severity": "SEV-2", "at": "2026-03-02T10:00:00Z", "format": "json"}
    call_command("simulate", "payments-api", label=["alertname=DiskFull", "cluster=eu1"], **asked)
    assert json.loads(capsys.readouterr().out)[0]["at"] == "2026-03-03T10:00:00Z"
    call_command("simulate", "payments-api", label=["alertname=CpuHot"], **asked)
    assert json.loads(capsys.readouterr().out)[0]["at"] == "2026-03-02T10:00:00Z"
    with pytest.raises(CommandError, match="--label: “DiskFull” is not a label; write alertname=DiskFull"):
        call_command("simulate", "payments-api", label=["DiskFull"], **asked)


def test_the_table_is_for_people(world, capsys):
    call_command("simulate", "payments-api", at="2026-03-02")
    assert "Ana Ruiz" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("service", "at", "says"),
    [
        ("payment-api", "2026-03-02", "Did you mean “payments-api”"),
        ("payments-api", "noon", "not a time"),
        ("payments-api", "0001-01-01T00:00:00+14:00", "not a time"),
    ],
)
def test_bad_input_gets_a_sentence(world, service, at, says):
    with pytest.raises(CommandError, match=says):
        call_command("simulate", service, at=at)


def test_in_maintenance_the_plan_begins_at_its_end_and_is_what_then_happens(world):
    planned(world, begins=-10, lasts=40)
    foretold = told(simulate(world.service, severity="SEV-1", at=world.now), world)
    assert foretold[0] == (30, "ana", "email")
    incident = world.alert()
    assert told(plan_of(incident, now=world.now), world) == foretold
    world.wait(minutes=70)
    assert world.sent() == foretold


def test_maintenance_that_begins_during_the_escalation_is_foreseen(world):
    planned(world, begins=3, lasts=57)
    foretold = told(simulate(world.service, severity="SEV-1", at=world.now), world)
    assert foretold[:2] == [(0, "ana", "email"), (60, "ana", "email")]


def test_the_command_says_that_it_is_maintenance(world, capsys):
    planned(world)
    call_command("simulate", "payments-api", at="2026-03-02T10:30:00Z")
    said = " ".join(capsys.readouterr().out.split())
    assert "payments-api is in maintenance until 2026-03-02 11:00 (UTC)" in said
    assert "database upgrade" in said
    call_command("simulate", "payments-api", at="2026-03-02T10:30:00Z", format="json")
    assert json.loads(capsys.readouterr().out)[0]["at"] == "2026-03-02T11:00:00Z"


def test_simulate_follows_a_routing_rule_and_says_so(db, capsys):
    world = Routing()
    world.route(to=world.database, severity="SEV-4", urgency="high")
    asked = {"label": ["alertname=DiskFull"], "at": "2026-03-02T10:00:00Z"}
    call_command("simulate", "payments-api", format="json", **asked)
    assert [row["user"] for row in json.loads(capsys.readouterr().out)][:1] == ["dee"]
    call_command("simulate", "payments-api", **asked)
    told = capsys.readouterr().out
    assert (
        "By routing rule 1 of payments-api (alertname=Disk*) it goes to shop-db, as SEV-4, high urgency."
        in told
    )
    call_command("simulate", "payments-api", at=asked["at"])
    assert "routing rule" not in capsys.readouterr().out
