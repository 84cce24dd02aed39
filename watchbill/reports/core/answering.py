"""Who answered which page, and which step's time ran out before anybody had."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

A_STEP = re.compile(r"(\d+)\.(\d+)\.(\d+)")
"""“cycle.repeat.step”, as the runs of an incident's steps are called; others (managers, responders who were
added, steps outside the sequence) wait for nobody's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A step's run: `over` is when its time ran out unanswered; None where that did not happen."""

    run: str
    step: int
    at: datetime
    over: datetime | None


def steps_run(
    runs: Mapping[str, datetime], *, moved_on: Collection[datetime] = (), exhausted: Collection[datetime] = ()
) -> list[Ran]:
    """Of one incident, in order of time. `moved_on`: when the next step ran for another reason than that
    time was over: somebody escalated it, or nobody of the step could be reached. `exhausted`: when the last
    step's time was over.
    """
    ordered = sorted((at, match, run) for run, at in runs.items() if (match := _step(run)) is not None)
    found = []
    for n, (at, (cycle, _, step), run) in enumerate(ordered):
        after = ordered[n + 1] if n + 1 < len(ordered) else None
        over: datetime | None = None
        if after is not None and after[1][0] == cycle:
            over = None if any(at <= when <= after[0] for when in moved_on) else after[0]
        else:
            ended = [when for when in exhausted if when >= at and (after is None or when <= after[0])]
            over = min(ended, default=None)
        found.append(Ran(run=run, step=step, at=at, over=over))
    return found


def own_answer(at: datetime, answers: Sequence[datetime]) -> datetime | None:
    """The person's first answer from `at` on, when they were asked: with several to answer, one may have done
    so while their message was on its way. `answers` are theirs to this incident, ascending.
    """
    return next((answer for answer in answers if answer >= at), None)


def is_missed(at: datetime, ran: Ran | None, answered: datetime | None) -> bool:
    """Whether the time of the page's step was over before the person had answered."""
    if ran is None or ran.over is None or ran.over < at:
        return False
    return answered is None or answered > ran.over


def step_of(run: str) -> int | None:
    """The number of the step that asked; None where it was none of the sequence."""
    found = _step(run)
    return None if found is None else found[2]


def _step(run: str) -> tuple[int, int, int] | None:
    match = A_STEP.fullmatch(run)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]))
