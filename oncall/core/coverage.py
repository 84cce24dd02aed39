"""Where nobody is on call."""

from collections.abc import Iterable
from datetime import datetime

from oncall.core.final import Roster, Shift, shifts

NEVER_PAGED = frozenset({"shadow"})


def gaps(roster: Roster, since: datetime, until: datetime) -> list[Shift]:
    """The stretches of [since, until) in which a role that is paged has nobody, ordered by start and role."""
    return uncovered(shifts(roster, since, until))


def uncovered(final: Iterable[Shift]) -> list[Shift]:
    """The gaps among computed shifts; a shadow is shown and never paged, so that it leaves none."""
    return [shift for shift in final if shift.user is None and shift.role not in NEVER_PAGED]
