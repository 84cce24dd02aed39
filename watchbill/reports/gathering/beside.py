"""What the pay floor knows of the same people and time: how long things kept them, rests that were cut short,
and what it costs. Read once for all teams of a report.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError

from oncall.compensation.core.callouts import Engagement
from oncall.compensation.core.rest import Violation
from oncall.compensation.loading.engagements import Known, engagements_of
from oncall.compensation.reckoning import Owed, reckoned
from oncall.compensation.resting import violations_of
from oncall.core.span import Span
from watchbill.reports.gathering.scope import Scope

Found = TypeVar("Found")
A_DAY = timedelta(days=1)
AROUND = 5 * A_DAY
"""So much more of what kept people is read than is shown: pay and rests look beyond both edges."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Beside:
    """By person. `faults`: what could not be read, as sentences; the report goes out without it."""

    engagements: Mapping[int, list[Engagement]]
    short_rests: Mapping[int, list[Violation]]
    owed: Mapping[int, Owed]
    faults: list[str] = field(default_factory=list)


def beside(user_ids: Collection[int], scope: Scope) -> Beside:
    faults: list[str] = []
    people, far, now = sorted(user_ids), scope.far, scope.now
    shown = max(scope.begun, far.start)
    read = Span(far.start - AROUND, min(far.end + AROUND, now))
    engaged = _or_fault(
        "How long pages kept people", faults,
        lambda: engagements_of(people, since=read.start, until=read.end, now=now),
    )  # fmt: skip
    known = None if engaged is None else Known(span=read, by_user=engaged)
    kept = known.begun_in(shown, far.end) if known else {}
    rests = _or_fault(
        "Rests that were cut short", faults,
        lambda: violations_of(people, since=far.start, until=far.end, now=now, known=known),
    )  # fmt: skip
    days = ((shown - A_DAY).date(), (far.end + 2 * A_DAY).date())  # midnights of every zone
    owed = _or_fault(
        "What the shifts cost", faults,
        lambda: reckoned(people, since=days[0], until=days[1], now=now, known=known),
    )  # fmt: skip
    return Beside(engagements=kept, short_rests=rests or {}, owed=owed or {}, faults=faults)


def _or_fault(what: str, faults: list[str], read: Callable[[], Found]) -> Found | None:
    """An outage is everybody's, and is raised; anything else costs the report this part of it."""
    try:
        return read()
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.exception("load_report_without", what=what)
        faults.append(f"{what} could not be told ({type(fault).__name__}); the log says why.")
        return None
