"""Where nobody is on call."""

from collections.abc import Iterable

from oncall.core.final import Shift

NEVER_PAGED = frozenset({"shadow"})


def uncovered(final: Iterable[Shift]) -> list[Shift]:
    """The gaps among computed shifts; a shadow is shown and never paged, so that it leaves none."""
    return [shift for shift in final if shift.user is None and shift.role not in NEVER_PAGED]
