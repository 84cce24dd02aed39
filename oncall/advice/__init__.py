"""Advice: what will hurt on a schedule, said while there is time. It informs, and never blocks.

The checks themselves are plain (`oncall.core.checks`); upper rooms add theirs with `register`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from django.db import DatabaseError

from oncall.advice.cases import case_of_unsaved, cases
from oncall.core.checks import Case, findings_of
from oncall.core.checks.case import WITHIN
from oncall.core.final import Roster
from oncall.core.finding import Finding, News, atoms, news, summed
from oncall.models import Schedule
from people.models import Team

__all__ = ["News", "Told", "Watch", "advise", "advise_unsaved", "news", "register", "sentences"]

log = structlog.get_logger(__name__)
Check = Callable[[Sequence[Case]], Iterable[tuple[int, Finding]]]

_registered: list[Check] = []


def register(check: Check) -> None:
    """Let an upper room add a check, from its `AppConfig.ready`; the same one counts once.

    It gets all the cases that are looked at together, so that it can load its own rows for all of them in a
    fixed number of queries, and gives findings with the `id` of the case each belongs to (0: not saved yet).
    """
    if check not in _registered:
        _registered.append(check)


def advise(schedule_ids: Iterable[int], *, now: datetime) -> dict[int, list[Finding]]:
    """The findings of each schedule over the next 28 days, errors first; none is an empty list.

    A fixed number of queries, however many schedules are asked for. Retired schedules are left out.
    """
    return _looked_at(cases(schedule_ids, now=now))


def advise_unsaved(
    *, schedule: Schedule | None, roster: Roster, team: Team | None, now: datetime
) -> list[Finding]:
    """The same for a roster that is not saved (yet); `schedule` is None for a new one.

    `roster` should say everything from two weeks before `now` to six after it, as `loading.rosters` does.
    """
    case = case_of_unsaved(schedule=schedule, roster=roster, team=team, now=now)
    return _looked_at([case])[case.id]


class Told(NamedTuple):
    """`new`: the edit that was watched causes it, or makes it worse."""

    finding: Finding
    new: bool


class Watch:
    """Looks at schedules before an edit; ask it afterwards, in the same transaction, what the edit did."""

    def __init__(self, schedule_ids: Iterable[int], *, now: datetime) -> None:
        self._now = now
        self._before = advise(schedule_ids, now=now)

    def worse(self, schedule_id: int) -> list[Finding]:
        """What the edit causes on one schedule; all there is, on one that was not looked at before."""
        return [one.finding for one in self.told([schedule_id]) if one.new]

    def told(self, schedule_ids: Iterable[int]) -> list[Told]:
        """All there is to say about these schedules now, what is new before what was so already."""
        found = advise(schedule_ids, now=self._now)
        return [told for pk, after in found.items() for told in _told(self._before.get(pk, []), after)]


def _told(before: Sequence[Finding], after: Sequence[Finding]) -> Iterator[Told]:
    worse = news(before, after).worse
    added = atoms(worse)
    yield from (Told(one, new=True) for one in worse)
    known = summed((one for one in atoms(after) if one not in added), within=WITHIN)
    yield from (Told(one, new=False) for one in known)


def sentences(findings: Iterable[Finding]) -> list[str]:
    """As people read them: what is wrong, and what to do."""
    return [f"{one.what} {one.mend}".strip() for one in findings]


def _said_by(check: Check, found: Sequence[Case]) -> list[tuple[int, Finding]]:
    """Nothing where it fails: no fault of an upper room keeps anybody from taking a shift."""
    try:
        return list(check(found))
    except DatabaseError:  # in a transaction nothing can be asked after it
        raise
    except Exception:
        log.exception("check_failed", check=check.__name__, effect="what it would say is not said")
        return []


def _looked_at(found: Sequence[Case]) -> dict[int, list[Finding]]:
    by_schedule = {case.id: findings_of(case) for case in found}
    for check in _registered:
        for schedule, finding in _said_by(check, found):
            by_schedule[schedule].append(finding)
    return {schedule: summed(findings, within=WITHIN) for schedule, findings in by_schedule.items()}
