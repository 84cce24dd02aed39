"""What documents said of maintenance before it counted: it counts from the upgrade on."""

from datetime import timedelta
from importlib import import_module

from django.apps import apps

from escalation.actions import config
from escalation.models import MaintenanceWindow, Service
from tests.escalation.maintained import keep
from tests.world import TESTS

KEPT = [
    {"start": "2026-03-02T09:30", "end": "2026-03-02T11:00", "time_zone": "UTC", "reason": "upgrade"},
    {"start": "2026-03-03T02:00+01:00", "end": "2026-03-03T03:00+01:00", "time_zone": "Europe/Berlin"},
    {"start": "2026-03-02T02:00", "end": "2026-03-02T03:00", "repeat": "weekly"},
]
NO_WINDOWS = [
    {"start": "2026-03-03T02:00", "end": "2026-03-03T01:00"},
    {"start": "2026-03-03T02:00", "end": "2026-03-04T02:00", "repeat": "daily"},
    {"start": "2026-03-03T02:00", "end": "2026-03-03T04:00", "time_zone": "Mars/Olympus"},
    {"start": "2026-03-03T02:00"},
]


def upgrade():
    import_module("escalation.migrations.0013_kept_maintenance_counts").forwards(apps, None)


def test_kept_windows_become_windows_and_what_is_none_stays_kept(world, monkeypatch):
    extras = {"maintenance": KEPT + NO_WINDOWS, "grouping": {"by": ["cluster"]}}
    config.change_service(service=world.service, extras=extras, by=TESTS, now=world.now)
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    upgrade()
    upgrade()
    rows = MaintenanceWindow.objects.order_by("start").values_list("start", "end", "time_zone", "repeat")
    assert list(rows) == [
        ("2026-03-02T02:00:00", "2026-03-02T03:00:00", "UTC", "weekly"),
        ("2026-03-02T09:30:00", "2026-03-02T11:00:00", "UTC", ""),
        ("2026-03-03T02:00:00", "2026-03-03T03:00:00", "Europe/Berlin", ""),
    ]
    service = Service.objects.get(pk=world.service.pk)
    assert service.extras == {"maintenance": NO_WINDOWS, "grouping": {"by": ["cluster"]}}
    assert service.has_maintenance
    assert world.alert().parked_reason == "maintenance"
    assert keep(world) == 3
    looks = MaintenanceWindow.objects.order_by("look_at").values_list("look_at", flat=True)
    assert looks[0] == world.began + timedelta(hours=1)
    assert len(looks) == 3
