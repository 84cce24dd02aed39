"""Maintenance stands in the document beside the service that it silences."""

from datetime import date, datetime, timedelta

import pytest

from escalation.actions import maintenance
from escalation.models import MaintenanceWindow, Service
from people.ledger.record import Actor
from tests.provisioning.organisations import ACME, NOW, SMALL, done, empty_the_database, put, refused
from watchbill.provisioning.apply import apply
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell

pytestmark = pytest.mark.django_db
WEEKLY = '{start: 2025-06-08T02:00, end: 2025-06-08T04:00, repeat: weekly, until: 2026-06-01, reason: "a: b"}'
ONCE = "{start: 2025-06-20T22:00, end: 2025-06-21T04:00}"
RUNS = "{start: 2025-06-11T12:00, end: 2025-06-11T16:00}"  # NOW is 14:00 in Berlin
BY = Actor("Ana")


def with_windows(*windows):
    return SMALL.rstrip() + f"\n    maintenance: [{', '.join(windows)}]\n"


def live():
    return MaintenanceWindow.objects.filter(cancelled_at=None)


def test_a_window_of_the_document_is_one_in_the_team_s_zone():
    plan = put(with_windows(WEEKLY))
    assert "  + maintenance api 2025-06-08T02:00 2025-06-08T04:00 Europe/Berlin weekly" in list(tell(plan))
    row = MaintenanceWindow.objects.get()
    assert (row.start, row.time_zone, row.repeat) == ("2025-06-08T02:00:00", "Europe/Berlin", "weekly")
    assert Service.objects.get().has_maintenance


def test_a_second_apply_changes_nothing_in_any_order():
    put(with_windows(WEEKLY, ONCE))
    assert put(with_windows(ONCE, WEEKLY)).changes == ()
    assert MaintenanceWindow.objects.count() == 2


def test_another_reason_is_a_change_and_other_times_are_another_window():
    put(with_windows(ONCE))
    changed = with_windows(ONCE.replace("}", ", reason: disks}"))
    (change,) = put(changed).changes
    assert (change.action, live().get().reason) == ("change", "disks")
    plan = put(with_windows(ONCE.replace("22:00", "23:00")))
    assert done(plan)[0].startswith("create maintenance api 2025-06-20T23:00")
    assert live().count() == 2


def test_what_is_exported_is_what_was_applied():
    put(with_windows(WEEKLY, ONCE))
    document = export(now=NOW)
    assert put(document).changes == ()
    empty_the_database()
    put(document)
    assert export(now=NOW) == document
    assert "until: 2026-06-01" in document


def test_acme_is_no_longer_kept_but_counts():
    put(ACME)
    assert live().get().repeat == "monthly"
    assert "maintenance" not in Service.objects.get().extras
    assert put(ACME).changes == ()


def test_prune_cancels_what_is_to_come_and_leaves_what_somebody_has_started():
    put(with_windows(WEEKLY, ONCE))
    service = Service.objects.get()
    by_hand = maintenance.from_now(lasts=timedelta(hours=2), reason="by hand", now=NOW)
    maintenance.plan_window(service=service, spec=by_hand, by=BY, now=NOW)
    plan = put(SMALL, prune=True)
    assert len(done(plan)) == 2
    assert all(one.startswith("retire maintenance api 2025-06") for one in done(plan))
    assert live().get().reason == "by hand"
    assert not put(SMALL, prune=True).changes


def test_without_prune_it_is_left_alone_and_said():
    put(with_windows(WEEKLY))
    assert any(
        line.startswith("left alone, not in the document: maintenance api") for line in tell(put(SMALL))
    )


def test_what_is_over_stays_in_the_document_and_does_nothing():
    old = with_windows("{start: 2025-06-01T02:00, end: 2025-06-01T04:00}")
    plan = put(old)
    assert (plan.changes[-1].kind, MaintenanceWindow.objects.count()) == ("routing key", 0)
    assert any("left as it was carried: maintenance api" in line for line in tell(plan))
    put(with_windows(ONCE))
    later = NOW + timedelta(days=30)
    assert put(with_windows(ONCE), now=later).changes == ()
    assert "maintenance" not in export(now=later)


def test_a_last_day_that_somebody_moved_by_hand_is_left_once_the_document_s_own_is_past():
    document = with_windows(WEEKLY.replace("2026-06-01", "2025-06-22"))
    put(document)
    spec = window_spec_until(date(2025, 7, 31))
    maintenance.change_window(window=live().get(), spec=spec, by=BY, now=NOW)
    assert done(put(document))[0].startswith("change maintenance api")
    assert live().get().until == date(2025, 6, 22)

    maintenance.change_window(window=live().get(), spec=spec, by=BY, now=NOW)
    plan = apply(document, name="test.yaml", now=NOW + timedelta(days=14))
    assert plan.changes == ()
    assert any(line.startswith("extended by hand until 2025-07-31, left so: maint") for line in tell(plan))
    assert live().get().until == date(2025, 7, 31)


def window_spec_until(until):
    row = live().get()
    kept = {name: getattr(row, name) for name in ("time_zone", "reason")}
    start, end = (datetime.fromisoformat(text) for text in (row.start, row.end))
    repeat = maintenance.Repeat(row.repeat)
    return maintenance.WindowSpec(start=start, end=end, repeat=repeat, until=until, **kept)


def test_an_apply_does_not_start_again_what_somebody_has_ended():
    put(with_windows(RUNS))
    maintenance.end_window(window=MaintenanceWindow.objects.get(), by=BY, now=NOW + timedelta(minutes=5))
    assert put(with_windows(RUNS), now=NOW + timedelta(minutes=10)).changes == ()


def test_times_with_an_offset_are_told_by_the_wall_clock():
    put(with_windows("{start: '2025-06-20T20:00Z', end: '2025-06-21T02:00Z'}"))
    assert put(with_windows(ONCE)).changes == ()


def test_a_dry_run_writes_nothing():
    put(SMALL)
    put(with_windows(ONCE), dry_run=True)
    assert not MaintenanceWindow.objects.exists()


def test_a_service_that_goes_takes_them_along_and_they_are_not_named():
    put(with_windows(WEEKLY))
    assert done(put(SMALL[: SMALL.index("services:")], prune=True)) == ["retire service api"]
    assert not live().exists()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{start: 2025-06-20T22:00}", "services[0].maintenance[0].end (line 24): This key has to be given."),
        (
            "{start: 2025-06-20T22:00, end: 2025-06-20T22:00}",
            "services[0].maintenance[0] (line 24): The end, 2025-06-20 22:00, is not after the start",
        ),
        ("{start: 2025-06-20T22:00, end: 2025-06-21T22:00, repeat: daily}", "is shorter than a day"),
        ("{start: 2025-06-20T22:00, end: 2025-07-21T22:00}", "lasts 30 days at most"),
        ("{start: 2026-03-29T02:00, end: 2026-03-29T03:00}", "Clocks in Europe/Berlin skip the time"),
        ("{start: 2025-06-20T22:00, end: 2025-06-21T02:00, until: 2025-07-01}", "choose a repeat"),
        ("{start: soon, end: 2025-06-21T02:00}", "is not a date and time"),
        ("{start: 2025-06-20T22:00, end: 2025-06-21T02:00, repeat: yearly}", "is not known here; write"),
        ("{start: 2025-06-20T22:00, end: 2025-06-21T02:00, time_zone: Berlin}", "is not a time zone"),
        ("{start: 2025-06-20T22:00, end: 2025-06-21T02:00, repeats: daily}", "This key is not known here"),
        ("{start: 2025-06-20T22:00, end: 2025-06-21T02:00, until: never, repeat: daily}", "is not a date"),
    ],
)
def test_what_is_no_window_is_refused_with_its_line(written, says):
    (fault,) = refused(with_windows(written))
    assert says in fault


def test_one_that_stands_twice_is_refused():
    (fault,) = refused(with_windows(ONCE, ONCE))
    assert "maintenance stands here twice" in fault
