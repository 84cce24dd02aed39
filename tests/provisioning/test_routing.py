"""Routing rules in the document: applied, exported, applied again; left alone, and pruned."""

import pytest

from escalation.actions.routing import RoutingSpec, create_routing_rule
from escalation.models import RoutingRule, Service
from tests.provisioning.organisations import NOW, SMALL, done, put, refused
from tests.world import TESTS
from watchbill.provisioning.export import export

pytestmark = pytest.mark.django_db
SERVICE = "{team: Ops, escalation_policy: Ops, name: "
RULES = """[
      {match: {b: "*", alertname: Disk*}, service: db, severity: SEV-3, urgency: low},
      {match: {env: staging}, severity: SEV-4},
      {match: {team: db}, service: db}]"""


def said(routing=RULES, *, db=True):
    """`web` with routing, None for no word of it; and the service `db`."""
    routed = "" if routing is None else f", routing: {routing}"
    another = f"  - {SERVICE} db}}\n" if db else ""
    return f"version: 1\nservices:\n  - {SERVICE} web{routed}}}\n{another}"


def rules():
    rows = RoutingRule.objects.filter(service__name="web").order_by("position")
    return [
        (row.position, row.match, row.to_service and row.to_service.name, row.severity, row.urgency)
        for row in rows
    ]


def test_they_are_applied_in_their_order_exported_and_applied_again_with_no_change():
    put(SMALL)
    put(said())
    assert rules() == [
        (1, {"alertname": "Disk*", "b": "*"}, "db", "SEV-3", "low"),
        (2, {"env": "staging"}, None, "SEV-4", ""),
        (3, {"team": "db"}, "db", "", ""),
    ]
    assert Service.objects.get(name="web").has_routing
    assert done(put(said())) == []
    assert done(put(export(now=NOW))) == []
    assert "{match: {team: db}, service: db}" in export(now=NOW)


def test_a_document_with_routing_says_all_of_it_in_its_order():
    put(SMALL)
    put(said())
    put(said("[{match: {team: db}, service: db}, {match: {env: staging}, urgency: high}]"))
    assert [match for _, match, *_ in rules()] == [{"team": "db"}, {"env": "staging"}]
    put(said("[]"))
    assert rules() == []
    assert not Service.objects.get(name="web").has_routing
    assert done(put(said("[]"))) == []


def test_a_document_without_a_word_of_it_leaves_it_alone_and_pruning_takes_it_out():
    put(SMALL)
    put(said())
    plan = put(said(None))
    assert len(rules()) == 3
    assert [(one.kind, one.name) for one in plan.left_alone if one.kind == "routing rules"] == [
        ("routing rules", "web")
    ]
    put(SMALL + said(None).split("services:\n")[1], prune=True)
    assert rules() == []


def test_services_that_lead_to_each_other_are_pruned_together():
    put(SMALL)
    put(said())
    db = Service.objects.get(name="db")
    spec = RoutingSpec(match={"team": "web"}, to_service=Service.objects.get(name="web"))
    create_routing_rule(service=db, spec=spec, by=TESTS, now=NOW)
    put(SMALL, prune=True)
    assert not RoutingRule.objects.exists()
    assert not Service.objects.filter(name__in=["web", "db"], retired_at=None).exists()


def test_a_service_that_another_leads_to_is_not_pruned_under_it():
    put(SMALL)
    put(said())
    (fault,) = refused(
        SMALL + said("[{match: {a: b}, service: db}]", db=False).split("services:\n")[1], prune=True
    )
    assert "There is no service “db”. It is not in the document, so --prune retires it." in fault


@pytest.mark.parametrize(
    ("routing", "words"),
    [
        ("[{match: {a: b}, service: bd}]", "There is no service “bd”."),
        ("[{match: {a: b}, service: web}]", "leads to web itself; leave it out, and they stay there"),
        ("[{match: {a: b}}]", "says nothing of these alerts; name a service, a severity or an urgency"),
        ("[{match: {}, severity: SEV-1}]", "It names no label"),
        ('[{match: {a: "*"}, severity: SEV-1}]', "nothing but *"),
        ("[{match: {a: b}, severity: SEV-9}]", "SEV-9"),
        ("[{match: {a: b}, urgency: support_hours}]", "high"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(routing, words):
    put(SMALL)
    (fault,) = refused(said(routing))
    assert words in fault
    assert "routing" in fault


def test_a_rule_that_never_counts_is_told():
    put(SMALL)
    plan = put(said("[{match: {a: b*}, service: db}, {match: {a: bc, d: e}, severity: SEV-1}]"))
    words = [one.finding.what for one in plan.advice]
    assert "Routing rule 2 of “web” (a=bc, d=e) never counts: rule 1 (a=b*) takes all of its alerts." in words
