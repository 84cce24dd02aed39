"""Suppress rules and trials stand in the document beside the service whose alerts they mean."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation.actions import rules
from escalation.models import AlertRule, Service
from tests.provisioning.organisations import NOW, SMALL, empty_the_database, put, refused
from tests.world import TESTS
from watchbill.provisioning.apply import apply
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell

pytestmark = pytest.mark.django_db

SUPPRESS = (
    "{match: {alertname: DiskFull, cluster: eu*}, owner: ana, until: 2025-06-20T10:00, reason: on order}"
)
TRIAL = "{match: {alertname: DiskSlow}, author: bo, until: 2025-06-18T12:00}"


def with_rules(suppress=SUPPRESS, trials=TRIAL, of=SMALL):
    parts = [f"    suppress: [{suppress}]" if suppress else "", f"    trials: [{trials}]" if trials else ""]
    return of.rstrip() + "\n" + "\n".join(part for part in parts if part) + "\n"


def said(plan):
    return list(tell(plan))


def test_they_are_in_force_once_they_are_applied():
    plan = put(with_rules())
    assert "  + suppress rule api alertname=DiskFull, cluster=eu*" in said(plan)
    assert "  + trial api alertname=DiskSlow" in said(plan)
    suppress, trial = AlertRule.objects.order_by("kind")
    assert (suppress.owner.username, suppress.reason, suppress.severities) == (
        "ana",
        "on order",
        ["SEV-2", "SEV-3", "SEV-4"],
    )
    assert suppress.ends_at == datetime(2025, 6, 20, 8, tzinfo=UTC)  # ten o'clock in the zone of its team
    assert (trial.owner.username, trial.kind, len(trial.severities)) == ("bo", "trial", 4)
    assert Service.objects.get().has_rules


def test_a_second_apply_changes_nothing_in_whichever_words():
    put(with_rules())
    assert put(with_rules()).changes == ()
    match = "match: {cluster: eu*, alertname: DiskFull}"
    said = "until: 2025-06-20T08:00Z, severities: [SEV-4, SEV-3, SEV-2], owner: ana, reason: on order"
    assert put(with_rules(f"{{{said}, {match}}}")).changes == ()
    assert AlertRule.objects.count() == 2


def test_two_that_differ_by_a_comma_alone_are_two():
    both = ", ".join(
        f"{{match: {match}, owner: ana, until: 2025-06-20T10:00}}"
        for match in ("{a: '1, b=2'}", "{a: '1', b: '2'}")
    )
    plan = put(with_rules(both))
    assert '  + suppress rule api a="1, b=2"' in said(plan)
    assert AlertRule.objects.filter(kind="suppress").count() == 2
    assert put(with_rules(both)).changes == ()
    assert put(export(now=NOW)).changes == ()


def test_what_is_exported_is_what_was_applied():
    put(with_rules())
    document = export(now=NOW)
    assert "until: 2025-06-20T10:00," in document
    assert "severities" not in document
    assert put(document).changes == ()
    empty_the_database()
    put(document)
    assert export(now=NOW) == document


def test_what_was_made_by_hand_is_exported_to_the_second():
    put(SMALL)
    service, now = Service.objects.get(), NOW.replace(second=7, microsecond=9)
    owner = service.team.members.get(username="bo")
    spec = rules.RuleSpec(
        service=service,
        kind=rules.Kind.TRIAL,
        match={"path": "C:\\x", "v": "yes", "n": "010"},
        owner=owner,
        severities=["SEV-1"],
    )
    rules.create_rule(spec=spec, by=TESTS, now=now)
    document = export(now=NOW)
    assert "2025-06-18T14:00:07" in document
    assert put(document).changes == ()


def test_its_owner_end_and_reason_can_be_changed():
    put(with_rules())
    plan = put(
        with_rules(SUPPRESS.replace("ana", "bo").replace("06-20", "06-25").replace("on order", "late"))
    )
    assert [one.field for one in plan.changes[0].differences] == ["owner", "until", "reason"]
    rule = AlertRule.objects.get(kind="suppress")
    assert (rule.owner.username, rule.reason, rule.ends_at.day) == ("bo", "late", 25)


def test_one_that_is_taken_out_is_left_alone_without_prune_and_ended_with_it():
    put(with_rules())
    plan = put(SMALL)
    assert not plan.changes
    assert "left alone, not in the document: suppress rule api alertname=DiskFull, cluster=eu*" in said(plan)
    plan = put(SMALL, prune=True)
    assert "  - trial api alertname=DiskSlow: ended" in said(plan)
    assert not AlertRule.objects.filter(ended_at=None).exists()
    assert not Service.objects.get().has_rules


def test_one_that_is_over_is_history_and_fails_no_apply():
    """Applied each night from a repository, a document outlives the ends of its rules."""
    put(with_rules())
    later = NOW + timedelta(days=30)
    plan = apply(with_rules(), name="test.yaml", now=later)
    assert plan.changes == ()
    assert "over, and left so: trial api alertname=DiskSlow; a later until would begin it again" in said(plan)
    assert "suppress" not in export(now=later)


def test_one_that_somebody_ended_early_is_not_begun_again_by_the_same_document():
    put(with_rules())
    rule = AlertRule.objects.get(kind="suppress")
    rules.end_rule(rule=rule, by=TESTS, now=NOW + timedelta(hours=1))
    again = NOW + timedelta(hours=2)
    assert apply(with_rules(), name="test.yaml", now=again).changes == ()
    longer = SUPPRESS.replace("06-20", "06-21")
    assert len(apply(with_rules(longer), name="test.yaml", now=again).changes) == 1


def test_an_end_that_somebody_moved_by_hand_is_the_document_s_before_its_own_is_past_and_left_after():
    put(with_rules(trials=""))
    rule = AlertRule.objects.get()
    told, longer = rule.ends_at, rule.ends_at + timedelta(days=7)
    rules.change_rule(rule=rule, ends_at=longer, by=TESTS, now=NOW)
    before = apply(with_rules(trials=""), name="test.yaml", now=told - timedelta(hours=1))
    assert [change.action for change in before.changes] == ["change"]
    rule.refresh_from_db()
    assert rule.ends_at == told

    rules.change_rule(rule=rule, ends_at=longer, by=TESTS, now=told - timedelta(minutes=30))
    for now in (told, told + timedelta(days=2)):
        after = apply(with_rules(trials=""), name="test.yaml", now=now)
        assert after.changes == ()
        assert any(
            line.startswith("extended by hand until 2025-06-27") and ", left so: suppress rule api" in line
            for line in said(after)
        )
    rule.refresh_from_db()
    assert rule.ends_at == longer


@pytest.mark.parametrize(
    ("suppress", "path", "what"),
    [
        (SUPPRESS.replace("2025-06-20", "2025-06-01"), "suppress[0]", "lies in the past"),
        (SUPPRESS.replace("2025-06-20", "2026-06-01"), "suppress[0]", "lasts 90 days at most"),
        (SUPPRESS.replace("until: 2025-06-20T10:00, ", ""), "suppress[0].until", "has to be given"),
        (SUPPRESS.replace("owner: ana, ", ""), "suppress[0].owner", "has to be given"),
        (SUPPRESS.replace("owner: ana", "owner: anna"), "suppress[0].owner", "Did you mean “ana”?"),
        ("{match: {}, owner: ana, until: 2025-06-20}", "suppress[0].match", "names no label"),
        ("{match: {a: '*'}, owner: ana, until: 2025-06-20}", "suppress[0].match", "nothing but *"),
        ("{match: {a: 7}, owner: ana, until: 2025-06-20}", "suppress[0].match.a", "put it in quotes"),
        (f"{SUPPRESS}, {SUPPRESS}", "suppress[1].match", "stands twice in suppress of api; keep one"),
        (
            SUPPRESS.replace("reason:", "severities: [SEV-9], reason:"),
            "suppress[0].severities[0]",
            "not known",
        ),
        (SUPPRESS.replace("reason:", "severities: [], reason:"), "suppress[0].severities", "empty"),
        (SUPPRESS.replace("owner", "author"), "suppress[0].author", "not known here"),
        (SUPPRESS.replace("on order", "x" * 201), "suppress[0].reason", "too long"),
    ],
)
def test_a_rule_that_is_none_is_refused_where_it_stands(suppress, path, what):
    faults = refused(with_rules(suppress, trials=""))
    assert [fault for fault in faults if f"services[0].{path}" in str(fault) and what in str(fault)], [
        str(fault) for fault in faults
    ]
    assert not AlertRule.objects.exists()


def test_a_pruned_service_takes_its_rules_along():
    put(with_rules())
    head, _, _ = SMALL.partition("services:")
    put(head, prune=True)
    assert not AlertRule.objects.filter(ended_at=None).exists()
