"""Small documents to apply, and ways to look at the whole database."""

from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps

from watchbill.provisioning.apply import apply
from watchbill.provisioning.faults import DocumentFaults
from watchbill.provisioning.plan import Plan

ROOT = Path(__file__).parents[2]
ACME = (ROOT / "examples" / "acme.yaml").read_text(encoding="utf-8")
NOW = datetime(2025, 6, 11, 12, tzinfo=UTC)  # a Wednesday

SMALL = """
version: 1
users:
  - {username: ana, name: Ana, email: ana@small.example, phone: "+14155550101"}
  - {username: bo, email: bo@small.example}
teams:
  - {name: Ops, time_zone: Europe/Berlin, members: {ana: responder, bo: manager}}
schedules:
  - name: Ops
    team: Ops
    roles:
      primary:
        layers:
          - {name: Weekly, participants: [ana, bo], start: 2025-01-06T10:00}
escalation_policies:
  - name: Ops
    steps:
      - {timeout: 5m, targets: [{schedule: Ops}]}
services:
  - name: api
    team: Ops
    escalation_policy: Ops
    routing_keys: [{name: main, key: 0123456789abcdef0123456789abcdef}]
"""


def put(source: str, *, now: datetime = NOW, prune: bool = False, dry_run: bool = False) -> Plan:
    return apply(source, name="test.yaml", now=now, prune=prune, dry_run=dry_run)


def refused(source: str, *, now: datetime = NOW, prune: bool = False) -> list[str]:
    """What an apply says is wrong; and that it left every table as it was."""
    before = rows()
    try:
        put(source, now=now, prune=prune)
    except DocumentFaults as faults:
        assert rows() == before
        return [str(fault) for fault in faults.faults]
    raise AssertionError("the document was applied")


def rows() -> dict[str, int]:
    """How many rows each table has."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def empty_the_database() -> None:
    for model in reversed(apps.get_models(include_auto_created=True)):
        model._base_manager.all()._raw_delete(model._base_manager.db)


def done(plan: Plan) -> list[str]:
    return [f"{change.action} {change.kind} {change.name}" for change in plan.changes]
