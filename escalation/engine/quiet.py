"""Quiet as the engine finds it: asked of the windows before anything that might page, and of the rules where
a window ends.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from escalation.core.incident import Parked, Quiet, State
from escalation.core.moves import is_parked_quiet
from escalation.core.stimulus import Merged, Quieted, QuietOver, Repeated, Resolved, Stimulus
from escalation.loading import service_urgency, state_of
from escalation.models import Incident
from escalation.quiet.beneath import ruled_still
from escalation.quiet.windows import in_maintenance_now

Asked = tuple[Incident, Stimulus]


def kept(asked: Sequence[Asked], *, now: datetime) -> dict[int, Quiet]:
    """By incident, what keeps it quiet now: maintenance, and where that has just ended, the rules beneath it.
    Of both, what ends later.
    """
    windows = in_maintenance_now([row for row, _ in asked], at=now)
    found = {row.pk: windows[row.service_id] for row, _ in asked if row.service_id in windows}
    for pk, quiet in ruled_still([row for row, said in asked if _ends(row, said, now)], at=now).items():
        found[pk] = max(quiet, found.get(pk, quiet), key=lambda one: one.until)
    return found


def _ends(row: Incident, stimulus: Stimulus, now: datetime) -> bool:
    """Whether its maintenance does."""
    until = row.quiet_until
    over = isinstance(stimulus, QuietOver) or (until is not None and until <= now)
    return over and row.quiet_reason == Parked.MAINTENANCE


def graded(row: Incident, *, now: datetime) -> State:
    """Its state. What came in a quiet, and has paged nobody, is as urgent as it is now, not as it was."""
    state = state_of(row)
    if not is_parked_quiet(state) or state.cycle:
        return state
    urgency, raise_at = service_urgency(row.service, row.severity, at=now)
    return replace(state, urgency=urgency, raise_at=raise_at)


def heard(stimulus: Stimulus, quiet: Quiet | None) -> Sequence[Stimulus]:
    """Maintenance that has begun comes before whatever might page, however late the keeper is; and what is
    heard in it is quiet itself.
    """
    if isinstance(stimulus, QuietOver) and quiet is not None:
        later = quiet if stimulus.then is None else max(quiet, stimulus.then, key=lambda one: one.until)
        return (replace(stimulus, then=later),)
    if quiet is None or isinstance(stimulus, Resolved | Merged | Quieted):
        return (stimulus,)
    if isinstance(stimulus, Repeated) and (stimulus.quiet is None or stimulus.quiet.until < quiet.until):
        stimulus = replace(stimulus, quiet=quiet)
    return Quieted(quiet), stimulus
