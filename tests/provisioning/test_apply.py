"""An apply makes the organisation match the document, and a second one changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation.models import EscalationPolicy, Heartbeat, RoutingKey, Service
from oncall.compensation.models import PayPlan
from oncall.models import Override, Schedule, ScheduleVersion, TimeOff
from paging.models import ContactMethod, NotificationRule
from people.ledger.models import Entry
from people.models import Membership, Team, User
from tests.provisioning.organisations import ACME, NOW, SMALL, done, put, refused, rows
from watchbill.provisioning.export import export

pytestmark = pytest.mark.django_db

KEY = "key: 0123456789abcdef0123456789abcdef"
COVER = """
    overrides:
      - {start: 2025-07-01T10:00, end: 2025-07-01T12:00, user: bo, reason: dentist}
escalation_policies:"""
WITH_COVER = SMALL.replace("\nescalation_policies:", COVER)


def test_the_whole_of_acme_is_applied():
    put(ACME)
    assert list(User.objects.order_by("pk").values_list("username", flat=True)) == [
        "alice",
        "bob",
        "carol",
        "dave",
        "erin",
    ]
    alice = User.objects.get(username="alice")
    assert (alice.name, alice.time_zone, alice.holidays) == ("Alice Ng", "America/New_York", "US-NY")
    assert set(alice.contact_methods.values_list("kind", "address")) == {
        ("sms", "+14155550101"),
        ("voice", "+14155550101"),
        ("email", "alice@acme.example"),
    }
    assert not ContactMethod.objects.filter(verified_at=None).exists()
    assert set(NotificationRule.objects.filter(user=alice).values_list("urgency", "via", "after")) == {
        ("high", "sms", timedelta(0)),
        ("high", "voice", timedelta(minutes=2)),
        ("high", "email", timedelta(minutes=5)),
        ("low", "email", timedelta(0)),
    }
    assert Override.objects.count() == 4
    assert TimeOff.objects.get().user.username == "bob"
    policy = EscalationPolicy.objects.get()
    assert [(step.timeout, step.after) for step in policy.steps.order_by("position")] == [
        (timedelta(minutes=10), None),
        (timedelta(minutes=10), None),
        (timedelta(minutes=15), None),
        (None, timedelta(minutes=30)),
    ]
    service = Service.objects.get()
    assert service.support_hours["time_zone"] == "America/New_York"
    assert service.auto_resolve_after == timedelta(hours=4)
    heartbeat = Heartbeat.objects.get()
    assert (heartbeat.name, heartbeat.every, heartbeat.grace, heartbeat.severity, heartbeat.due_at) == (
        "nightly-backup",
        timedelta(hours=24),
        timedelta(hours=1),
        "SEV-2",
        None,
    )
    assert RoutingKey.objects.get().key == "0123456789abcdef0123456789abcdef"
    assert set(PayPlan.objects.values_list("name", "currency")) == {
        ("Engineering US", "USD"),
        ("Engineering UK", "GBP"),
    }


def test_times_are_wall_clock_times_of_the_schedule():
    put(ACME)
    cover = Override.objects.get(kind="cover")
    assert cover.start == datetime(2025, 1, 8, 23, tzinfo=UTC)  # 18:00 in New York
    assert Schedule.objects.get(name="Checkout").versions.get().effective_from == datetime(
        2025, 1, 6, 5, tzinfo=UTC
    )


def test_an_offset_says_the_instant_itself():
    put(WITH_COVER.replace("2025-07-01T10:00", "2025-07-01T09:00+01:00"))
    assert Override.objects.get().start == datetime(2025, 7, 1, 8, tzinfo=UTC)  # 10:00 in Berlin


def test_a_second_apply_writes_nothing_not_even_in_the_ledger():
    put(ACME)
    before, entries = rows(), Entry.objects.count()
    plan = put(ACME, now=NOW + timedelta(days=40))
    assert (done(plan), plan.unchanged) == ([], 22)
    assert (rows(), Entry.objects.count()) == (before, entries)


def test_a_dry_run_says_the_same_and_writes_nothing():
    before = rows()
    assert done(put(ACME, dry_run=True)) == done(put(ACME))
    assert rows() != before


def test_a_dry_run_finds_what_the_verbs_refuse():
    put(SMALL)
    refused(WITH_COVER.replace("2025-07", "2025-05"))


def test_who_applied_it_is_in_the_ledger():
    put(SMALL)
    assert set(Entry.objects.values_list("actor_name", flat=True)) == {"apply test.yaml"}
    assert Entry.objects.filter(verb="document.applied").count() == 1


def test_managers_may_log_in_to_the_admin_and_nobody_has_a_password():
    put(ACME)
    assert list(User.objects.filter(is_staff=True).values_list("username", flat=True)) == ["erin"]
    assert not any(user.has_usable_password() for user in User.objects.all())
    put(ACME.replace("erin: manager", "erin: responder").replace("dave: responder", "dave: manager"))
    assert list(User.objects.filter(is_staff=True).values_list("username", flat=True)) == ["dave"]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("name: Ana", "name: Ana B", ("user", "name", "Ana", "Ana B")),
        ("name: Ana,", "name: Ana, time_zone: Asia/Tokyo,", ("user", "time_zone", "UTC", "Asia/Tokyo")),
        ("bo: manager", "bo: observer", ("team", "members", {"ana": "responder", "bo": "manager"}, None)),
        ("[ana, bo]", "[bo, ana]", ("schedule", "roles", None, None)),
        ("timeout: 5m", "timeout: 6m", ("escalation policy", "steps", None, None)),
        (
            "  - name: Ops\n    steps",
            "  - name: Ops\n    repeat: 3\n    steps",
            ("escalation policy", "repeat", 0, 3),
        ),
        (
            "    escalation_policy: Ops",
            "    escalation_policy: Ops\n    acknowledgement_timeout: 15m",
            ("service", "acknowledgement_timeout", timedelta(minutes=30), "15m"),
        ),
        ("    team: Ops\n    escalation", "    escalation", ("service", "team", "Ops", None)),
        ("0123456789abcdef0123", "9123456789abcdef0123", ("routing key", "key", None, None)),
    ],
)
def test_a_change_names_its_field_and_is_done_once(old, new, change):
    put(SMALL)
    changed = SMALL.replace(old, new)
    assert changed != SMALL
    [one] = put(changed).changes
    [difference] = one.differences
    kind, field, before, after = change
    assert (one.action, one.kind, difference.field) == ("change", kind, field)
    assert before is None or difference.old == before
    assert after is None or difference.new == after
    assert put(changed).changes == ()
    assert done(put(SMALL)) == [f"change {one.kind} {one.name}"]


def test_an_omitted_key_says_what_is_usual():
    put(SMALL.replace("escalation_policy: Ops", "escalation_policy: Ops\n    acknowledgement_timeout: 15m"))
    put(SMALL)
    assert Service.objects.get().acknowledgement_timeout == timedelta(minutes=30)


def test_how_to_reach_a_person_is_left_alone_where_it_is_not_given():
    put(SMALL)
    bare = SMALL.replace(', email: ana@small.example, phone: "+14155550101"', "").replace(
        "[ana, bo]", "[bo, ana]"
    )
    assert done(put(bare)) == ["change schedule Ops"]
    assert ContactMethod.objects.filter(user__username="ana", disabled_reason="").count() == 3
    assert User.objects.get(username="ana").email == "ana@small.example"


def test_another_phone_takes_the_place_of_the_old_one_and_what_a_person_added_stays():
    put(SMALL)
    ana = User.objects.get(username="ana")
    ContactMethod.objects.create(user=ana, kind="sms", address="+14155550999", verified_at=NOW)
    put(SMALL.replace("+14155550101", "+14155550102"))
    usable = ContactMethod.objects.filter(user=ana, disabled_reason="").values_list("kind", "address")
    assert set(usable) == {
        ("sms", "+14155550102"),
        ("voice", "+14155550102"),
        ("email", "ana@small.example"),
        ("sms", "+14155550999"),
    }
    assert put(SMALL.replace("+14155550101", "+14155550102")).changes == ()


def test_a_phone_that_comes_back_is_usable_again():
    put(SMALL)
    put(SMALL.replace('"+14155550101"', '""'))
    assert not ContactMethod.objects.filter(kind="sms", disabled_reason="").exists()
    put(SMALL)
    assert ContactMethod.objects.filter(kind="sms", disabled_reason="").count() == 1


def test_a_schedule_that_changes_gets_a_version_from_now_on_and_keeps_the_old_one():
    put(SMALL)
    put(SMALL.replace("[ana, bo]", "[bo, ana]"), now=NOW + timedelta(days=1))
    assert list(
        ScheduleVersion.objects.order_by("effective_from").values_list("effective_from", flat=True)
    ) == [
        datetime(2025, 1, 6, 9, tzinfo=UTC),
        NOW + timedelta(days=1),
    ]


def test_a_schedule_changes_its_team():
    two = SMALL.replace("schedules:", "  - {name: Web}\nschedules:")
    put(two)
    put(
        two.replace(
            "  - name: Ops\n    team: Ops", "  - name: Ops\n    team: Web\n    time_zone: Europe/Berlin", 1
        )
    )
    assert Schedule.objects.get().team.name == "Web"
    assert ScheduleVersion.objects.count() == 1


def test_another_zone_keeps_what_lies_over_the_schedule_where_it_was():
    put(WITH_COVER)
    moved = WITH_COVER.replace("    roles:", "    time_zone: Europe/London\n    roles:").replace(
        "start: 2025-07-01T10:00, end: 2025-07-01T12:00", "start: 2025-07-01T09:00, end: 2025-07-01T11:00"
    )
    assert done(put(moved)) == ["change schedule Ops"]
    assert put(moved).changes == ()
    assert Override.objects.get().start == datetime(2025, 7, 1, 8, tzinfo=UTC)


def test_the_overrides_of_the_apply_that_creates_the_schedule_may_lie_in_the_past():
    put(WITH_COVER.replace("2025-07", "2025-05"))
    assert Override.objects.get().start == datetime(2025, 5, 1, 8, tzinfo=UTC)


def test_an_override_that_was_cancelled_and_is_over_is_left_as_it_was():
    put(WITH_COVER)
    Override.objects.update(cancelled_at=NOW)
    plan = put(WITH_COVER, now=datetime(2025, 7, 2, tzinfo=UTC))
    assert (done(plan), len(plan.history)) == ([], 1)


def test_an_override_that_was_ended_early_is_left_as_it_was():
    put(WITH_COVER)
    Override.objects.update(end=datetime(2025, 7, 1, 9, tzinfo=UTC))
    plan = put(WITH_COVER, now=datetime(2025, 7, 1, 9, 30, tzinfo=UTC))
    assert (done(plan), len(plan.history)) == ([], 1)


def test_an_override_that_began_minutes_ago_is_made_once():
    put(SMALL)
    soon = datetime(2025, 7, 1, 8, 3, tzinfo=UTC)
    assert done(put(WITH_COVER, now=soon)) == [
        "create override Ops primary cover 2025-07-01T10:00 2025-07-01T12:00 bo"
    ]
    assert put(WITH_COVER, now=soon + timedelta(minutes=1)).changes == ()


def test_another_reason_makes_the_override_anew_until_it_has_begun():
    put(WITH_COVER)
    other = WITH_COVER.replace("dentist", "doctor")
    put(other)
    assert Override.objects.get(cancelled_at=None).reason == "doctor"
    plan = put(WITH_COVER, now=datetime(2025, 7, 1, 9, tzinfo=UTC))
    assert (done(plan), len(plan.history)) == ([], 1)


def test_what_the_document_does_not_name_is_left_alone_and_said():
    put(WITH_COVER)
    plan = put("version: 1\nusers: [{username: cy}]")
    assert done(plan) == ["create user cy"]
    assert [(change.kind, change.name) for change in plan.left_alone] == [
        ("user", "ana"),
        ("user", "bo"),
        ("team", "Ops"),
        ("schedule", "Ops"),
        ("override", "Ops primary cover 2025-07-01T10:00 2025-07-01T12:00 bo"),
        ("escalation policy", "Ops"),
        ("service", "api"),
        ("routing key", "api main"),
    ]


def test_a_name_of_the_database_can_be_used_without_being_in_the_document():
    put(SMALL)
    put("version: 1\nservices: [{name: web, team: Ops, escalation_policy: Ops, routing_keys: [{name: x}]}]")
    assert len(RoutingKey.objects.get(name="x").key) == 32


def test_a_key_takes_only_what_is_signed_until_the_document_takes_the_secret_away():
    signed = SMALL.replace(KEY, f"{KEY}, signing_secret: correct-horse")
    put(signed)
    assert RoutingKey.objects.get().signing_secret == "correct-horse"
    assert put(signed).changes == put(SMALL).changes == put(export(now=NOW)).changes == ()
    assert RoutingKey.objects.get().signing_secret == "correct-horse"
    put(SMALL.replace(KEY, f'{KEY}, signing_secret: ""'))
    assert RoutingKey.objects.get().signing_secret == ""
    assert "correct-horse" not in str(list(Entry.objects.values_list("what", "why", "data")))


def test_a_signing_secret_that_cannot_be_one_is_refused():
    assert "not a signing secret" in str(refused(SMALL.replace(KEY, f"{KEY}, signing_secret: short")))


def test_the_limit_of_a_key_stays_until_the_document_says_another():
    def limit():
        return RoutingKey.objects.get().events_per_minute

    limited = SMALL.replace(KEY, f"{KEY}, events_per_minute: 120")
    put(limited)
    assert limit() == 120
    assert put(limited).changes == put(SMALL).changes == put(export(now=NOW)).changes == ()
    assert "events_per_minute: 120" in export(now=NOW)
    put(SMALL.replace(KEY, f"{KEY}, events_per_minute: 0"))
    assert limit() == 0
    assert "events_per_minute: 0" in export(now=NOW)
    site = SMALL.replace(KEY, f"{KEY}, events_per_minute: site")
    put(site)
    assert limit() is None
    assert put(site).changes == ()


@pytest.mark.parametrize("limit", ["-1", "10000001", "many", "1.5", "true"])
def test_what_is_no_limit_is_refused(limit):
    assert "events_per_minute" in str(refused(SMALL.replace(KEY, f"{KEY}, events_per_minute: {limit}")))


def test_a_key_that_was_made_stays_the_same():
    document = SMALL.replace(", key: 0123456789abcdef0123456789abcdef", "")
    put(document)
    key = RoutingKey.objects.get().key
    assert put(document).changes == ()
    assert RoutingKey.objects.get().key == key


def test_an_empty_key_is_one_that_is_not_given():
    put("version: 1\nusers:\nteams:\n  - {name: Ops, members: }\n")
    assert (Team.objects.count(), Membership.objects.count()) == (1, 0)
