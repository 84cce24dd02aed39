"""Maintenance windows: planned, changed, ended early, cancelled. What they keep quiet follows at once.

Locks: the service, then its windows as a whole (escalation.quiet.windows.hold_alone), then one window, then
the incidents by id. Holding them proves that no incident is opened by what the windows said before.
"""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from escalation import engine
from escalation.actions.steps import ConfigError
from escalation.core.incident import Quiet
from escalation.core.maintenance import Repeat, Window
from escalation.loading import window_of
from escalation.models import Incident, MaintenanceWindow, Service
from escalation.quiet.windows import hold_alone, in_maintenance, live
from oncall.core.walltime import first_instant, last_instant, wall_time
from paging.queue import nudge_on_commit
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.zones import zone_names

AT_ONCE = 4
"""So many batches of open incidents are seen to by the verb itself; the keeper goes on from there."""
LONGEST_REASON = 200
WHEN = ("start", "end", "time_zone", "repeat")


@dataclass(frozen=True, kw_only=True)
class WindowSpec:
    """`start` and `end` are the wall-clock times (naive) of the first occurrence; `until` is the last day on
    which one begins.
    """

    start: datetime
    end: datetime
    time_zone: str = "UTC"
    repeat: Repeat = Repeat.NONE
    until: date | None = None
    reason: str = ""

    def window(self) -> Window:
        """Raises ConfigError where there is no such zone."""
        zone = _zone(self.time_zone)
        return Window(start=self.start, end=self.end, zone=zone, repeat=self.repeat, until=self.until)

    def columns(self) -> dict[str, Any]:
        spelled = {name: getattr(self, name).isoformat(timespec="seconds") for name in ("start", "end")}
        return {**asdict(self), "repeat": self.repeat.value, **spelled}


def from_now(*, lasts: timedelta, reason: str, now: datetime) -> WindowSpec:
    """From this second on. In UTC, where no clock change can make it longer."""
    start = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return WindowSpec(start=start, end=start + lasts, reason=reason)


def said(
    *,
    start: datetime,
    end: datetime,
    time_zone: str,
    repeat: Repeat = Repeat.NONE,
    until: date | None = None,
    reason: str = "",
) -> WindowSpec:
    """What was said with wall-clock times of `time_zone`, or with instants: those are told by the wall clock,
    and where that means another instant (an hour that comes twice), in UTC. Seconds are whole. Raises
    ConfigError.
    """
    zone = _zone(time_zone)
    times = [_wall(moment, zone) for moment in (start, end)]
    exact = [first_instant(times[0], zone), last_instant(times[1], zone)]
    meant = [
        moment.replace(microsecond=0) if moment.tzinfo else at
        for moment, at in zip((start, end), exact, strict=True)
    ]
    if not repeat and (meant != exact or (times[1] <= times[0] and meant[0] < meant[1])):
        time_zone, times = "UTC", [_wall(moment, ZoneInfo("UTC")) for moment in meant]
    return WindowSpec(
        start=times[0], end=times[1], time_zone=time_zone, repeat=repeat, until=until, reason=reason
    )


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    whole = moment.replace(microsecond=0)
    return wall_time(whole, zone).replace(fold=0) if whole.tzinfo else whole


def _zone(name: str) -> ZoneInfo:
    if name not in zone_names():
        raise ConfigError(f"“{name[:60]}” is not a time zone; write a name such as Europe/Berlin.")
    return ZoneInfo(name)


@transaction.atomic
def plan_window(*, service: Service, spec: WindowSpec, by: Actor, now: datetime) -> MaintenanceWindow:
    """A new window; where it runs already, whoever is being paged is left in peace. Raises ConfigError."""
    spec = _checked(spec, now=now)
    _hold(service)
    if service.retired_at is not None:
        raise ConfigError(f"{service.name} is retired: nothing pages for it.")
    _refuse_twins(service, spec, now=now)
    row = MaintenanceWindow.objects.create(
        service=service, created_at=now, created_by=by.user, **spec.columns()
    )
    line = Line(
        Verb.MAINTENANCE_PLANNED,
        ("service", service.pk),
        by,
        f"planned for service {service.name}: {window_of(row).said}",
        data={"maintenance": row.pk, **_plain(spec)},
    )
    record([line], now=now)
    _follow(row, now=now)
    return row


@transaction.atomic
def change_window(
    *, window: MaintenanceWindow, spec: WindowSpec, by: Actor, now: datetime
) -> MaintenanceWindow:
    """Make it say `spec`; other times also undo an early end. Writes nothing when it already says so. Raises
    ConfigError.
    """
    row = _held(window)
    spec = _checked(spec, now=now)
    new = spec.columns()
    changed = {
        name: [str(getattr(row, name)), str(new[name])] for name in new if getattr(row, name) != new[name]
    }
    if not changed:
        return row
    _refuse_twins(row.service, spec, now=now, but=row.pk)
    for name, value in new.items():
        setattr(row, name, value)
    if {*changed} & {*WHEN}:
        row.ended_at = None
    row.save(update_fields=[*new, "ended_at"])
    what = f"changed {', '.join(changed)} of service {row.service.name}: {window_of(row).said}"
    _record(Verb.MAINTENANCE_CHANGED, row, what, by=by, now=now, data=changed)
    _follow(row, now=now)
    return row


@transaction.atomic
def end_window(*, window: MaintenanceWindow, by: Actor, now: datetime) -> Quiet | None:
    """End what runs of it now; it comes again if it repeats. What is open starts at step one at once, unless
    another window goes on, which comes back. Raises ConfigError.
    """
    row = _held(window)
    if window_of(row).running(now) is None:
        raise ConfigError(
            f"The {row} does not run now: there is nothing to end. Cancel it if it is not to come."
        )
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    what = f"ended early, for service {row.service.name}: {window_of(row).said}"
    _record(Verb.MAINTENANCE_ENDED, row, what, by=by, now=now)
    return _follow(row, now=now)


@transaction.atomic
def cancel_window(*, window: MaintenanceWindow, by: Actor, now: datetime) -> Quiet | None:
    """It never comes again, and what runs of it ends now. Returns another window that goes on, if there is
    one. Raises ConfigError.
    """
    row = _held(window)
    row.cancelled_at = now
    row.save(update_fields=["cancelled_at"])
    what = f"cancelled, for service {row.service.name}: {window_of(row).said}"
    _record(Verb.MAINTENANCE_CANCELLED, row, what, by=by, now=now)
    return _follow(row, now=now)


def cancel_all(*, service: Service, by: Actor, now: datetime) -> None:
    """Every window of a service that goes out of use."""
    for window in live(at=now).filter(service=service).order_by("pk"):
        cancel_window(window=window, by=by, now=now)


def _hold(service: Service) -> None:
    Service.objects.select_for_update(no_key=True).get(pk=service.pk)
    hold_alone(service.pk)


def _held(window: MaintenanceWindow) -> MaintenanceWindow:
    _hold(window.service)
    row = (
        MaintenanceWindow.objects.select_for_update(of=("self",)).select_related("service").get(pk=window.pk)
    )
    if row.cancelled_at is not None:
        raise ConfigError(f"The {row} was cancelled; plan another one.")
    return row


def _follow(row: MaintenanceWindow, *, now: datetime) -> Quiet | None:
    """Bring what is open in line, and say when the keeper looks next. Returns what keeps the service quiet.

    Every open incident is locked first: whoever decides one of them by what the windows said before is waited
    for, and whoever comes later sees what they say now.
    """
    opened = Incident.objects.filter(service=row.service_id).exclude(status=Incident.Status.RESOLVED)
    list(opened.select_for_update().order_by("pk").values_list("pk", flat=True))
    settled = any(not engine.settle(row.service, now=now).more for _ in range(AT_ONCE))
    engine.note_window(row, now=now)
    if not settled:
        row.look_at = now
        row.save(update_fields=["look_at"])
    row.service.refresh_from_db(fields=["has_maintenance"])
    nudge_on_commit()
    return in_maintenance([row.service], at=now).get(row.service_id)


def _checked(spec: WindowSpec, *, now: datetime) -> WindowSpec:
    """The same with its reason on one line. Raises ConfigError with what is wrong and what to write."""
    reason = " ".join(spec.reason.replace("\x00", "").split())
    if len(reason) > LONGEST_REASON:
        raise ConfigError(f"The reason is longer than {LONGEST_REASON} characters.")
    window = spec.window()
    fault = window.fault()
    if fault is not None:
        raise ConfigError(fault)
    over = window.over_at()
    if over is not None and over <= now:
        raise ConfigError(
            f"It is over already, since {over:%Y-%m-%d %H:%M} UTC; write an end that lies ahead."
        )
    return replace(spec, reason=reason)


def _plain(spec: WindowSpec) -> dict[str, str]:
    return {name: str(value or "") for name, value in spec.columns().items()}


def _refuse_twins(service: Service, spec: WindowSpec, *, now: datetime, but: int = 0) -> None:
    """Two windows at the same times: the end of one would end nothing."""
    same = {name: value for name, value in spec.columns().items() if name in WHEN}
    if live(at=now).filter(service=service, **same).exclude(pk=but).exists():
        raise ConfigError(f"{service.name} has a maintenance window at these times already; change that one.")


def _record(
    verb: Verb,
    row: MaintenanceWindow,
    what: str,
    *,
    by: Actor,
    now: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    subject = ("service", row.service_id)
    record([Line(verb, subject, by, what, data={"maintenance": row.pk, **(data or {})})], now=now)
