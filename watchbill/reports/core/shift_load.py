"""What one shift was like, in numbers."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from escalation.core.label import NOT_ACTIONABLE
from oncall.core.span import Span, subtraction, union
from paging.core.percentile import percentile
from watchbill.reports.core.facts import Carried, Incident, Page
from watchbill.reports.core.hours import Kind, by_kind, kind_at, night_of, nights

NIGHTS_TOGETHER = 7
A_DAY, HALF_A_DAY = timedelta(days=1), timedelta(hours=12)
AN_INTERRUPTION = timedelta(minutes=30)
"""What one takes of a night's rest, when nothing says how long it really took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy:
    """One key in one shift: how many of its pages, and how many of its incidents ended by themselves."""

    key: str
    pages: int
    incidents: int
    resolved_themselves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftLoad:
    """Everything that a report says of a shift.

    `labelled` counts incidents with a label. `undisturbed` is the longest block without a page of the night
    that had the shortest; None where no night was carried. `answer_times` are seconds from a page to the
    person's own answer, ascending. `timeouts`: incidents of which a page went on unanswered to the next step.
    """

    carried: Carried
    hours: Mapping[Kind, timedelta]
    pages: int
    interruptions: int
    incidents: Sequence[Incident]
    interruptions_by_kind: Mapping[Kind, int]
    interruptions_by_night: Mapping[date, int]
    nights: int
    undisturbed: timedelta | None
    engaged: timedelta
    answer_times: Sequence[int]
    missed: int
    timeouts: int
    resolved_themselves: int
    recurred: int
    flapping: int
    labelled: int
    not_actionable: int
    keys: Sequence[Noisy]
    short_rests: int

    @property
    def length(self) -> timedelta:
        return self.carried.span.end - self.carried.span.start

    @property
    def sleep_interruptions(self) -> int:
        return self.interruptions_by_kind.get(Kind.SLEEP, 0)

    @property
    def incidents_per_12_hours(self) -> Fraction:
        """A shorter shift counts as one of twelve hours: its first incident is no storm."""
        return (
            len(self.incidents)
            * Fraction(timedelta(hours=12) / timedelta(seconds=1))
            / Fraction(max(self.length, timedelta(hours=12)) / timedelta(seconds=1))
        )

    @property
    def most_in_seven_nights(self) -> int:
        """Interruptions in sleep hours, in the seven nights in a row that had most."""
        counts = self.interruptions_by_night
        return max(
            (
                sum(count for day, count in counts.items() if first <= day < first + NIGHTS_TOGETHER * A_DAY)
                for first in counts
            ),
            default=0,
        )

    @property
    def most_in_one_night(self) -> int:
        return max(self.interruptions_by_night.values(), default=0)

    def answered_within(self, share: int) -> int | None:
        """Seconds within which `share` of 100 of the answers came."""
        return percentile(self.answer_times, share) if self.answer_times else None


def load_of(
    carried: Carried,
    *,
    pages: Sequence[Page],
    incidents: Mapping[int, Incident],
    interruptions: Sequence[datetime],
    engaged: Collection[Span] = (),
    short_rests: int = 0,
) -> ShiftLoad:
    """`pages` and `interruptions` (when each began) are those of this shift; half-open: what came at its very
    end is the next one's. `engaged` is what kept the person, however many things did so at once.
    """
    zone, holidays = carried.zone, carried.holidays
    seen = [incidents[number] for number in dict.fromkeys(page.incident for page in pages)]
    kinds = Counter(kind_at(at, zone, holidays) for at in interruptions)
    by_night = Counter(night for at in interruptions if (night := night_of(at, zone)) is not None)
    kept = union(Span(*span) for span in engaged)
    labelled = [one for one in seen if one.label is not None]
    answered = [page for page in pages if page.answered is not None]
    return ShiftLoad(
        carried=carried,
        hours=by_kind(carried.span, zone, holidays),
        pages=len(pages),
        interruptions=len(interruptions),
        incidents=seen,
        interruptions_by_kind=kinds,
        interruptions_by_night=by_night,
        nights=len(nights(carried.span, zone)),
        undisturbed=_undisturbed(carried, interruptions, kept),
        engaged=sum((span.end - span.start for span in kept), timedelta(0)),
        answer_times=sorted(_seconds(page.answered - page.at) for page in answered if page.answered),
        missed=sum(page.missed for page in pages),
        timeouts=len({page.incident for page in pages if page.missed}),
        resolved_themselves=sum(one.resolved_itself for one in seen),
        recurred=sum(one.recurred for one in seen),
        flapping=sum(one.flapping for one in seen),
        labelled=len(labelled),
        not_actionable=sum(one.label in NOT_ACTIONABLE for one in labelled),
        keys=_keys(pages, incidents),
        short_rests=short_rests,
    )


def _keys(pages: Sequence[Page], incidents: Mapping[int, Incident]) -> list[Noisy]:
    """The key with most pages first; of equal ones, by name."""
    counts = Counter(incidents[page.incident].key for page in pages)
    mine = {page.incident for page in pages}
    found = []
    for key, many in counts.items():
        of_key = [incidents[number] for number in mine if incidents[number].key == key]
        ended = sum(one.resolved_itself for one in of_key)
        found.append(Noisy(key=key, pages=many, incidents=len(of_key), resolved_themselves=ended))
    return sorted(found, key=lambda one: (-one.pages, one.key))


def _undisturbed(
    carried: Carried, interruptions: Sequence[datetime], engaged: Sequence[Span]
) -> timedelta | None:
    """Of each night that touches the shift, the longest block without a page; of these the shortest. What of
    a night is another's is undisturbed by this shift.
    """
    disturbed = union([*engaged, *(Span(at, at + AN_INTERRUPTION) for at in interruptions)])
    blocks = []
    for _, night in nights(carried.span, carried.zone):
        quiet = subtraction([night], disturbed)
        blocks.append(max((span.end - span.start for span in quiet), default=timedelta(0)))
    return min(blocks, default=None)


def _seconds(length: timedelta) -> int:
    return max(length // timedelta(seconds=1), 0)
