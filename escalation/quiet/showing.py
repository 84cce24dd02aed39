"""Maintenance windows as people see them: what runs now, what comes next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from escalation.core.maintenance import covering
from escalation.loading import window_of
from escalation.models import MaintenanceWindow
from escalation.quiet.windows import live
from oncall.core.span import Span


@dataclass(frozen=True)
class Shown:
    """A window, the occurrence of it that runs, and the next one that is to come."""

    row: MaintenanceWindow
    running: Span | None
    coming: Span | None

    @property
    def state(self) -> str:
        """In words: “now”, “planned”, “ended”, “cancelled”."""
        if self.row.cancelled_at is not None:
            return "cancelled"
        return "now" if self.running else "planned" if self.coming else "ended"

    @property
    def begins(self) -> datetime | None:
        """When what runs began, or what comes next begins."""
        span = self.running or self.coming
        return span.start if span else None


@dataclass(frozen=True)
class Quieted:
    """A service in maintenance: until when without a break, and by which window it is now."""

    window: MaintenanceWindow
    until: datetime


def shown(rows: Iterable[MaintenanceWindow], *, now: datetime) -> list[Shown]:
    """What runs first, then what comes next, the soonest first."""
    found = [show(row, now=now) for row in rows]
    return sorted(
        found, key=lambda one: (one.running is None, one.begins is None, one.begins or now, one.row.pk)
    )


def show(row: MaintenanceWindow, *, now: datetime) -> Shown:
    window = window_of(row)
    if row.cancelled_at is not None:
        return Shown(row, None, None)
    return Shown(row, window.running(now), window.next(now))


def windows(*, now: datetime) -> QuerySet[MaintenanceWindow]:
    """Those of services in use of which something is still to come."""
    return live(at=now).filter(service__retired_at=None).select_related("service__team", "created_by")


def in_maintenance_now(*, now: datetime) -> Sequence[Quieted]:
    """The services that page nobody now, by name. One query."""
    by_service: dict[int, list[MaintenanceWindow]] = {}
    for row in windows(now=now).order_by("service__name", "pk"):
        by_service.setdefault(row.service_id, []).append(row)
    found = []
    for rows in by_service.values():
        cores = [window_of(row) for row in rows]
        cover = covering(cores, now)
        if cover is not None:
            window = next(row for row, core in zip(rows, cores, strict=True) if core is cover.window)
            found.append(Quieted(window, cover.until))
    return found
