"""Whether a shift was noisy, in a sentence with its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from watchbill.reports.core.shift_load import ShiftLoad
from watchbill.reports.core.thresholds import Colour, Limit, Thresholds

ENOUGH = 2
"""Nothing is red for less: one bad night call is bad luck, not a noisy shift."""


@dataclass(frozen=True, slots=True)
class Reason:
    """`measure`: the name of its threshold. `sentence`: without a full stop."""

    colour: Colour
    measure: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst colour of its reasons, which come worst first."""

    colour: Colour
    reasons: Sequence[Reason]

    def sentence(self) -> str:
        """“Red: 3 interruptions in sleep hours in 7 nights; 71 % of pages from DiskFull”."""
        name = str(self.colour).capitalize()
        return f"{name}: {'; '.join(one.sentence for one in self.reasons)}" if self.reasons else name


def verdict(load: ShiftLoad, thresholds: Thresholds, *, budget: int) -> Verdict:
    """`budget`: pages in a shift that the team finds bearable."""
    reasons = [one for one in _reasons(load, thresholds, budget) if one.colour is not Colour.GREEN]
    reasons.sort(key=lambda one: -one.colour)
    return Verdict(max((one.colour for one in reasons), default=Colour.GREEN), tuple(reasons))


def _reasons(load: ShiftLoad, limits: Thresholds, budget: int) -> Iterator[Reason]:
    incidents = len(load.incidents)
    yield _judged(
        "sleep_interruptions", limits.sleep_interruptions, load.most_in_seven_nights,
        f"{_times(load.most_in_seven_nights, 'interruption')} in sleep hours within 7 nights",
    )  # fmt: skip
    yield _judged(
        "in_one_night", limits.in_one_night, load.most_in_one_night,
        f"{_times(load.most_in_one_night, 'interruption')} in one night",
    )  # fmt: skip
    yield _judged(
        "incidents_per_12_hours", limits.incidents_per_12_hours, load.incidents_per_12_hours,
        f"{float(load.incidents_per_12_hours):.1f} incidents in 12 hours", events=incidents,
    )  # fmt: skip
    yield _over_budget(load, limits, budget)
    yield _of_all(
        "self_resolved", limits.self_resolved, (load.resolved_themselves, incidents),
        "{} resolved by themselves within 5 minutes",
    )  # fmt: skip
    if load.labelled >= limits.labels_needed:
        yield _of_all(
            "not_actionable", limits.not_actionable, (load.not_actionable, load.labelled),
            "labelled {} needed no action",
        )  # fmt: skip
    if load.keys and load.pages >= limits.pages_needed:
        yield _one_key(load, limits)
    yield _judged(
        "short_rests", limits.short_rests, load.short_rests,
        f"{_times(load.short_rests, 'night')} without 11 hours of rest after it",
    )  # fmt: skip
    yield _of_all(
        "escalated",
        limits.escalated,
        (load.timeouts, incidents),
        "{} went on unanswered to the next step",
    )


def _over_budget(load: ShiftLoad, limits: Thresholds, budget: int) -> Reason:
    """A budget of nothing is over with the first page."""
    spent = Fraction(load.pages, budget) if budget else Fraction(load.pages and limits.over_budget.red + 1)
    said = f"{_times(load.pages, 'page')} for a budget of {budget}"
    return _judged("over_budget", limits.over_budget, spent, said, events=load.pages)


def _one_key(load: ShiftLoad, limits: Thresholds) -> Reason:
    worst = load.keys[0]
    said = f"{_percent(worst.pages, load.pages)} of pages from {worst.key}"
    if worst.resolved_themselves:
        said += f", {worst.resolved_themselves} of {worst.incidents} resolved by themselves"
    return _judged("one_key", limits.one_key, Fraction(worst.pages, load.pages), said, events=worst.pages)


def _of_all(measure: str, limit: Limit, counted: tuple[int, int], said: str) -> Reason:
    some, of = counted
    words = f"{some} of {of} {said.format('incident' if of == 1 else 'incidents')}"
    return _judged(measure, limit, Fraction(some, of) if of else 0, words, events=some)


def _judged(
    measure: str, limit: Limit, value: Fraction | int, said: str, *, events: int | None = None
) -> Reason:
    """`events` is what the number counts, where that is not the number itself."""
    behind = value if events is None else events
    colour = limit.colour(value)
    return Reason(min(colour, Colour.AMBER) if behind < ENOUGH else colour, measure, said)


def _times(many: int, what: str) -> str:
    return f"{many} {what}" if many == 1 else f"{many} {what}s"


def _percent(some: int, of: int) -> str:
    return f"{round(100 * Fraction(some, of))} %"
