"""Which services are in maintenance, asked of their windows. Nothing is asked of a service that has none."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from escalation.core.incident import Parked, Quiet
from escalation.core.maintenance import Window, covering
from escalation.loading import window_of
from escalation.models import Incident, MaintenanceWindow, Service

LOCK = 0x6D61696E  # of the advisory locks of PostgreSQL, those about maintenance


def in_maintenance(services: Iterable[Service], *, at: datetime) -> dict[int, Quiet]:
    """By service, until when and why it pages nobody at `at`; those that page are left out. One query at
    most, and none where no service has a window.
    """
    asked = {service.pk for service in services if service.has_maintenance}
    found = {pk: quiet_of(windows, at) for pk, windows in windows_of(asked, at=at).items()}
    return {pk: quiet for pk, quiet in found.items() if quiet is not None}


def in_maintenance_now(incidents: Iterable[Incident], *, at: datetime) -> dict[int, Quiet]:
    """The same of their services. Of a row that was waited for only the incident is read anew: one that is
    quiet says more than the service that was read beside it.
    """
    services = []
    for row in incidents:
        row.service.has_maintenance |= row.quiet_until is not None
        services.append(row.service)
    return in_maintenance(services, at=at)


def windows_of(services: Collection[int], *, at: datetime) -> Mapping[int, Sequence[Window]]:
    """By service, the windows of which something is still to come at `at`."""
    found: defaultdict[int, list[Window]] = defaultdict(list)
    if services:
        for row in live(at=at).filter(service__in=services).order_by("pk"):
            found[row.service_id].append(window_of(row))
    return found


def live(*, at: datetime) -> QuerySet[MaintenanceWindow]:
    """Neither cancelled nor over."""
    return MaintenanceWindow.objects.filter(Q(over_at=None) | Q(over_at__gt=at), cancelled_at=None)


def quiet_of(windows: Sequence[Window], at: datetime) -> Quiet | None:
    cover = covering(windows, at)
    if cover is None:
        return None
    return Quiet(reason=Parked.MAINTENANCE, until=cover.until, why=cover.window.said)


def hold_still(service_id: int) -> None:
    """Until the end of the transaction no window of the service is changed. Who opens an incident takes this
    before looking, so that a window that ends early finds every incident that it has kept quiet; it comes
    before any other lock.
    """
    _lock("pg_advisory_xact_lock_shared", service_id)


def hold_alone(service_id: int) -> None:
    """Until the end of the transaction nobody opens an incident by what these windows said before. Who waits
    for it is not overtaken by those who come later.
    """
    _lock("pg_advisory_xact_lock", service_id)


def _lock(function: str, service_id: int) -> None:
    """SQLite has one writer: there the transaction itself is the lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [LOCK, service_id % 2**31])
