"""What is exported says everything: here it changes nothing, elsewhere it makes the same organisation."""

from datetime import UTC, datetime, timedelta

import pytest

from oncall.models import Override, Schedule
from paging.models import ContactMethod
from people.models import Team, User
from tests.provisioning.organisations import ACME, NOW, SMALL, done, empty_the_database, put
from watchbill.provisioning.export import export
from watchbill.provisioning.faults import DocumentFaults

pytestmark = pytest.mark.django_db

ODD = """
version: 1
users:
  - {username: ana, phone: "+14155550101", notification_rules: {high: [{via: email, after: 90s}, {via: sms}]}}
  - {username: bo, active: false, name: 'Bo "NO" Ö: 1'}
  - username: "12"
    contact_methods: [{via: sms, address: "+14155550102"}, {via: email, address: a@b.example}]
teams:
  - {name: "2025-01-06", members: {"12": manager}, swaps_need_approval: true}
schedules:
  - name: "on: off"
    time_zone: Europe/Berlin
    holidays: DE
    handoffs: {reminders: [2h, 7d], confirm_within: 30m}
    roles:
      shadow: {layers: [{name: a, participants: [bo]}]}
      primary:
        layers:
          - name: Months
            participants: [ana, null, [ana, bo]]
            start: 2025-01-31T02:30:15
            end: 2030-01-01
            shift_length: 2 months
            restrictions: [{start: "fri 18:00", end: "mon 24:00"}]
          - {name: Days, participants: [ana], start: 2025-01-06, turns: worked_days, shift_length: 7 days}
      tertiary: {follows: primary, layer: Days}
    overrides:
      - {start: 2024-10-27T02:30+01:00, end: 2024-10-27T03:30, user: bo}
      - {start: 2024-10-27T02:30+02:00, end: 2024-10-27T02:00+01:00, user: ana, kind: add, role: shadow}
escalation_policies:
  - {name: P, steps: [{timeout: 90 seconds, targets: [{team: "2025-01-06"}, {user: ana}]}]}
services:
  - {name: "null", escalation_policy: P, urgency: {SEV-3: low}, runbooks: [{url: "https://x.example/#a?b=c"}]}
"""


@pytest.mark.parametrize("document", [ACME, SMALL, ODD], ids=["acme", "small", "odd"])
def test_applied_to_the_same_database_it_changes_nothing(document):
    put(document)
    text = export(now=NOW)
    plan = put(text)
    assert (done(plan), plan.left_alone, plan.history) == ([], (), ())
    assert put(text, prune=True).changes == ()


@pytest.mark.parametrize("document", [ACME, SMALL, ODD], ids=["acme", "small", "odd"])
def test_applied_to_an_empty_database_it_gives_the_same_organisation_to_the_byte(document):
    put(document)
    text = export(now=NOW)
    empty_the_database()
    assert export(now=NOW) == "version: 1\n"
    put(text, now=NOW + timedelta(days=300))
    assert export(now=NOW + timedelta(days=300)) == text
    assert done(put(document, now=NOW + timedelta(days=301))) == []


def test_local_times_and_short_durations_are_written_and_what_is_usual_is_not():
    put(ACME)
    text = export(now=NOW)
    assert "start: 2025-01-06T10:00, shift_length: 1w}\n" in text
    assert "- {timeout: 10m, targets: [{schedule: Checkout, role: primary}]}" in text
    assert "acknowledgement_timeout" not in text
    assert (
        text.count("time_zone: Europe/London") == 2
    )  # dave, and the schedule that is not in its team's zone


def test_only_the_version_in_force_is_written():
    put(SMALL)
    put(SMALL.replace("[ana, bo]", "[bo, ana]"), now=NOW + timedelta(days=1))
    assert "participants: [ana, bo]" in export(now=NOW)
    assert "participants: [bo, ana]" in export(now=NOW + timedelta(days=1))


def test_past_overrides_are_written_and_cancelled_ones_are_not():
    put(ACME)
    Override.objects.filter(kind="remove").update(cancelled_at=NOW)
    text = export(now=NOW)
    assert "reason: dentist" in text
    assert "kind: remove" not in text


def test_an_instant_that_a_clock_shows_twice_keeps_its_offset():
    put(ODD)
    text = export(now=NOW)
    assert "start: 2024-10-27T02:30+01:00" in text
    assert "start: 2024-10-27T02:30," in text
    assert Override.objects.get(kind="cover").start == datetime(2024, 10, 27, 1, 30, tzinfo=UTC)


def test_who_has_left_is_in_it_only_where_something_names_them():
    put(SMALL.replace("users:\n", "users:\n  - {username: zoe}\n"))
    bo = "{username: bo, active: false, email: bo@small.example}"
    put(f"version: 1\nusers: [{{username: zoe, active: false}}, {bo}]")
    text = export(now=NOW)
    assert bo in text
    assert "zoe" not in text


def test_an_administrator_is_in_it_only_when_they_take_part():
    put(SMALL)
    root = User.objects.create_superuser("root", "root@small.example", "x")
    assert "root" not in export(now=NOW)
    Team.objects.get().memberships.create(user=root, role="responder")
    assert "username: root" in export(now=NOW)
    assert done(put(export(now=NOW))) == []


def test_contact_methods_that_phone_and_email_do_not_say_are_listed():
    put(SMALL)
    bo = User.objects.get(username="bo")
    ContactMethod.objects.create(user=bo, kind="sms", address="+14155550109", verified_at=NOW)
    ContactMethod.objects.create(user=bo, kind="sms", address="+14155550108")  # never verified, never paged
    text = export(now=NOW)
    assert '[{via: email, address: bo@small.example}, {via: sms, address: "+14155550109"}]' in text
    assert "0108" not in text
    assert done(put(text)) == []


def test_what_lay_over_a_role_that_there_no_longer_is_stays_out():
    put(ACME)
    schedule = Schedule.objects.get(name="Checkout")
    Override.objects.filter(schedule=schedule, kind="add").update(role="old")
    assert "sale day" not in export(now=NOW)


def test_a_row_that_no_document_can_say_is_named():
    put(SMALL)
    User.objects.filter(username="bo").update(holidays="Narnia")
    with pytest.raises(
        DocumentFaults, match=r"database holds .* users\[1\]\.holidays: “Narnia” is not a holiday"
    ):
        export(now=NOW)
