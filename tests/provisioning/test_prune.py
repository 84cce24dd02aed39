"""`--prune` also retires what the document no longer has, and says so."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation.models import EscalationPolicy, RoutingKey, Service
from oncall.compensation.models import PayPlan
from oncall.models import Override, Schedule
from people.models import Team, User
from tests.provisioning.organisations import ACME, NOW, SMALL, done, put, refused

pytestmark = pytest.mark.django_db

NOTHING = "version: 1"
FUTURE = """
    overrides:
      - {start: 2025-06-01T10:00, end: 2025-06-20T12:00, user: bo}
      - {start: 2025-07-01T10:00, end: 2025-07-01T12:00, user: bo}
escalation_policies:"""


def test_everything_can_be_retired_and_nothing_is_deleted_that_people_carried():
    put(ACME)
    plan = put(NOTHING, prune=True)
    assert done(plan) == [
        "retire pay plan Engineering US 2025-01-01",
        "retire pay plan Engineering UK 2025-01-01",
        "retire service checkout-api",
        "retire escalation policy Engineering On-Call",
        "retire time off bob 2025-07-07 2025-07-21",
        "retire schedule Checkout",
        "retire schedule Checkout desk",
        "retire team Checkout",
        *(f"retire user {name}" for name in ("alice", "bob", "carol", "dave", "erin")),
    ]
    assert not User.objects.filter(is_active=True).exists()
    assert not Schedule.objects.filter(retired_at=None).exists()
    assert not EscalationPolicy.objects.filter(retired_at=None).exists()
    assert not Service.objects.filter(retired_at=None).exists()
    assert not RoutingKey.objects.filter(revoked_at=None).exists()
    assert not PayPlan.objects.filter(retired_at=None).exists()
    assert (User.objects.count(), Schedule.objects.count(), Override.objects.count()) == (5, 2, 4)


def test_a_second_prune_changes_nothing():
    put(ACME)
    put(NOTHING, prune=True)
    assert put(NOTHING, prune=True).changes == ()


def test_a_retired_name_comes_back():
    put(ACME)
    put(NOTHING, prune=True)
    later = NOW + timedelta(days=1)
    put(ACME, now=later)
    assert put(ACME, now=later).changes == ()
    assert (User.objects.filter(is_active=True).count(), User.objects.count()) == (5, 5)
    assert (Schedule.objects.filter(retired_at=None).count(), Schedule.objects.count()) == (2, 2)
    assert (Service.objects.count(), RoutingKey.objects.get().revoked_at) == (1, None)
    assert Override.objects.filter(cancelled_at=None).count() == 4


def test_nobody_was_on_call_while_a_schedule_was_retired():
    put(SMALL)
    put(NOTHING, prune=True)
    put(SMALL, now=NOW + timedelta(days=7))
    versions = Schedule.objects.get().versions.order_by("effective_from")
    assert [(one.effective_from, bool(one.definition["roles"])) for one in versions] == [
        (datetime(2025, 1, 6, 9, tzinfo=UTC), True),
        (NOW, False),
        (NOW + timedelta(days=7), True),
    ]


def test_only_what_the_document_does_not_name_is_retired():
    put(SMALL)
    more = SMALL.replace("users:\n", "users:\n  - {username: cy}\n") + (
        "  - {name: web, escalation_policy: Ops, routing_keys: [{name: a}, {name: b}]}\n"
    )
    put(more)
    without_b = more.replace(", {name: b}", "")
    assert done(put(without_b, prune=True)) == ["retire routing key web b"]
    assert done(put(SMALL, prune=True)) == ["retire service web", "retire user cy"]


def test_an_override_that_has_begun_stays_and_one_that_has_not_is_cancelled():
    put(SMALL.replace("\nescalation_policies:", FUTURE))
    assert done(put(SMALL, prune=True)) == [
        "retire override Ops primary cover 2025-07-01T10:00 2025-07-01T12:00 bo"
    ]
    assert Override.objects.get(cancelled_at=None).start == datetime(2025, 6, 1, 8, tzinfo=UTC)


def test_administrators_are_never_deactivated():
    put(SMALL)
    User.objects.create_superuser("root", "root@small.example", "x")
    put(NOTHING, prune=True)
    assert User.objects.get(username="root").is_active


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (
            "  - {username: bo, email: bo@small.example}\n",
            "schedules[0].roles.primary.layers[0].participants[1] (line 13): There is no user “bo”.",
        ),
        (
            SMALL[SMALL.index("escalation_policies:") : SMALL.index("services:")],
            "services[0].escalation_policy (line 18): There is no escalation policy “Ops”.",
        ),
    ],
)
def test_what_is_still_in_use_is_refused(gone, said):
    put(SMALL)
    assert gone in SMALL
    put(SMALL.replace(gone, ""))  # without --prune it may stand in the database alone
    why = f"{said} It is not in the document, so --prune retires it."
    assert why in refused(SMALL.replace(gone, ""), prune=True)


def test_a_team_that_was_never_used_is_deleted_and_one_that_was_is_emptied():
    put(SMALL.replace("teams:\n", "teams:\n  - {name: Unused, members: {ana: manager}}\n"))
    put("version: 1\nusers: [{username: ana}]", prune=True)
    assert [(team.name, team.memberships.count()) for team in Team.objects.all()] == [("Ops", 0)]
    assert not User.objects.get(username="ana").is_staff
