"""Sources that must call in, and the end after quiet, stand in the document beside their service."""

import importlib
from datetime import timedelta

import pytest
from django.apps import apps

from escalation.intake import call_in
from escalation.models import Heartbeat, Service
from people.ledger.models import Entry
from tests.provisioning.organisations import NOW, SMALL, done, empty_the_database, put, refused
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell

pytestmark = pytest.mark.django_db

KEY, OTHER = "feedbeef" * 4, "deadbeef" * 4
HOUR = timedelta(hours=1)
BACKUP = "name: nightly-backup, every: 24h, grace: 1h"
WEB = "  - name: web\n    escalation_policy: Ops\n"


def beating(*spelled, of=SMALL):
    listed = ", ".join(f"{{{one}}}" for one in spelled)
    return f"{of.rstrip()}\n    heartbeats: [{listed}]\n"


def the(name="nightly-backup"):
    return Heartbeat.objects.get(name=name)


def test_what_it_says_is_expected():
    plan = put(beating(f"{BACKUP}, key: {KEY}", "name: sync, every: 15 minutes, severity: SEV-3"))
    assert "  + heartbeat api nightly-backup" in list(tell(plan))
    call_in(key=KEY, now=NOW)
    assert (the().due_at, the("sync").grace, the("sync").severity) == (NOW + 25 * HOUR, HOUR / 12, "SEV-3")
    said = Entry.objects.filter(verb="heartbeat.created").first()
    assert said.what == "expects heartbeat nightly-backup of api every 1 day, at most 1 h late"
    assert said.actor_name == "apply test.yaml"


def test_a_second_apply_changes_nothing_and_keeps_the_key_that_was_made():
    put(beating(BACKUP))
    made = the().key
    call_in(key=made, now=NOW)
    assert put(beating(BACKUP)).changes == ()
    assert put(beating("name: nightly-backup, every: 1 day, grace: PT1H, severity: SEV-2")).changes == ()
    assert (the().key, the().last_call_at) == (made, NOW)


def test_what_is_exported_is_what_was_applied():
    document = beating(BACKUP, f"name: sync, every: 15m, grace: 0m, severity: SEV-4, key: {OTHER}")
    put(document.rstrip() + "\n    auto_resolve_after: 4h\n")
    told = export(now=NOW)
    assert f"key: {OTHER}" in told
    assert f"key: {the().key}" in told
    assert "auto_resolve_after: 4h" in told
    assert put(told).changes == ()
    empty_the_database()
    put(told)
    assert export(now=NOW) == told


def test_a_change_is_told_without_its_key_and_reckons_the_deadline_anew():
    put(beating(f"{BACKUP}, key: {KEY}"))
    call_in(key=KEY, now=NOW)
    plan = put(beating(f"name: nightly-backup, every: 2h, grace: 1h, key: {OTHER}"))
    told = list(tell(plan))
    assert "      every: 1d -> 2h" in told
    assert "      key: another value" in told
    assert not any(KEY in line or OTHER in line for line in told)
    assert the().due_at == NOW + 3 * HOUR
    assert not Entry.objects.filter(data__icontains=OTHER).exists()


def test_one_that_is_taken_out_is_left_alone_without_prune_and_retired_with_it():
    put(beating(f"{BACKUP}, key: {KEY}"))
    assert "left alone, not in the document: heartbeat api nightly-backup" in list(tell(put(SMALL)))
    assert done(put(SMALL, prune=True)) == ["retire heartbeat api nightly-backup"]
    assert the().retired_at == NOW
    assert "heartbeats" not in export(now=NOW)
    put(beating(f"{BACKUP}, key: {KEY}"))
    call_in(key=KEY, now=NOW)
    assert Heartbeat.objects.count() == 1


def test_it_goes_with_its_service_and_is_not_named_again():
    put(beating(BACKUP))
    assert done(put(SMALL[: SMALL.index("services:")], prune=True)) == ["retire service api"]
    assert the().retired_at == NOW


def test_two_services_may_each_have_one_of_a_name():
    put(beating(BACKUP) + WEB + f"    heartbeats: [{{{BACKUP}}}]\n")
    assert Heartbeat.objects.filter(name="nightly-backup").count() == 2


def test_a_dry_run_writes_nothing():
    put(SMALL)
    assert done(put(beating(BACKUP), dry_run=True)) == ["create heartbeat api nightly-backup"]
    assert not Heartbeat.objects.exists()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("name: a", "heartbeats[0].every (line 24): This key has to be given."),
        ("every: 1h", "heartbeats[0].name (line 24): This key has to be given."),
        ("name: a, every: 0s", "“0s” is no time at all; write at least 1s."),
        ("name: a, every: 2 months", "“2 months” has months, which differ in length; write days or weeks."),
        ("name: a, every: often", "“often” is not a duration"),
        ("name: a, every: 5", "5 is not a duration"),
        ("name: a, every: 1h, grace: -5m", "“-5m” is negative"),
        ("name: a, every: 1h, severity: high", "“high” is not known here; write 'SEV-1'"),
        ("name: a, every: 1h, key: short", "is not a heartbeat's key; write 32 letters and digits"),
        ("name: a, every: 1h, gracee: 5m", "This key is not known here. Did you mean “grace”?"),
        ('name: "", every: 1h', "This is empty"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(written, says):
    (fault,) = refused(beating(written))
    assert "(line 24)" in fault
    assert says in fault


def test_a_name_or_a_key_that_stands_twice_is_refused():
    (fault,) = refused(beating(BACKUP, BACKUP))
    assert "“nightly-backup” is the name of two heartbeats of api; give each its own" in fault
    (fault,) = refused(beating(f"{BACKUP}, key: {KEY}", f"name: b, every: 1h, key: {KEY}"))
    assert "This is the key of heartbeat nightly-backup of api already" in fault
    assert KEY not in fault


def test_the_key_of_another_one_that_the_document_does_not_name_is_refused():
    put(beating(f"{BACKUP}, key: {KEY}"))
    (fault,) = refused(beating(f"name: b, every: 1h, key: {KEY}"))
    assert "The key of heartbeat “b” of api is already used; every key is one heartbeat's." in fault


@pytest.mark.parametrize(
    ("written", "says"), [("30s", "after a minute at the soonest; write 4h"), ("never", "is not a duration")]
)
def test_an_end_after_quiet_that_makes_no_sense_is_refused(written, says):
    (fault,) = refused(f"{SMALL.rstrip()}\n    auto_resolve_after: {written}\n")
    assert says in fault


def test_what_documents_said_before_anything_acted_on_it_is_taken_up():
    put(SMALL)
    kept = {
        "heartbeats": [
            {"name": "old", "every": "1d", "grace": "1h"},
            {"name": "b", "every": "15m"},
            {"name": "c"},
        ],
        "auto_resolve_after": "4h",
        "maintenance": [{"start": "x"}],
    }
    Service.objects.update(extras=kept)
    module = importlib.import_module("escalation.migrations.0011_heartbeats_that_documents_said")
    module.take_up(apps, None)
    module.take_up(apps, None)
    service = Service.objects.get()
    assert (service.extras, service.auto_resolve_after) == ({"maintenance": [{"start": "x"}]}, 4 * HOUR)
    assert [(one.name, one.every, one.grace) for one in Heartbeat.objects.order_by("pk")] == [
        ("old", 24 * HOUR, HOUR),
        ("b", HOUR / 4, HOUR / 12),
    ]
    call_in(key=the("old").key, now=NOW)


def test_what_the_version_before_keeps_meanwhile_is_not_said_twice():
    put(beating(BACKUP))
    Service.objects.update(extras={"heartbeats": [{"name": "x", "every": "1h"}], "auto_resolve_after": "9h"})
    assert put(beating(BACKUP)).changes == ()
