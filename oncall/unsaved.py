"""The roster that saving would make, without saving: for previews, and for what is said at the moment of an
edit. It reads what stands there and writes nothing.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from oncall.actions.holidays import YEARS_AHEAD, holidays_unsaved
from oncall.actions.refusal import Refused, sentence_of_span
from oncall.actions.spans import checked_start
from oncall.core.definition import Definition
from oncall.core.final import Roster, Version
from oncall.core.override import Override, Temporary, in_the_way
from oncall.core.rotation import Holidays
from oncall.core.walltime import first_instant
from oncall.models import Schedule
from people.models import User


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A version that is not saved, and what would be laid over it.

    `begins` None is at once. `stopped` are the numbers of overrides that would be ended or cancelled,
    `stopped_temporaries` the starts of temporary schedules. The new overrides' numbers do not matter.
    """

    time_zone: str
    holidays: str
    definition: Definition
    begins: datetime | None = None
    overrides: Sequence[Override] = ()
    temporaries: Sequence[Temporary] = ()
    stopped: Collection[int] = field(default=frozenset())
    stopped_temporaries: Collection[datetime] = field(default=frozenset())


class Edited(NamedTuple):
    """A schedule (None: a new one), the name that it has in the form, and what would be saved."""

    schedule: Schedule | None
    name: str
    draft: Draft


Aside = Callable[[Edited, User, datetime], Mapping[str, Any]]
_asides: list[Aside] = []


def beside_preview(aside: Aside) -> None:
    """Let an upper room say something beside the preview, from its `AppConfig.ready`: of what is edited, to
    who looks, at that time. What it gives goes into the template.
    """
    if aside not in _asides:
        _asides.append(aside)


def asides() -> Sequence[Aside]:
    return _asides


def drafted(roster: Roster | None, draft: Draft, *, now: datetime) -> Roster:
    """`roster` (None: of a schedule that does not exist yet) as it would be after saving.

    It must have been loaded for a range that `now` lies in or before. Raises Refused for an unknown holiday
    calendar and for a beginning in the past.
    """
    founded = roster or Roster(())
    version = _version(draft, now=now, founding=roster is None)
    kept = [one for one in founded.versions if one.effective_from != version.effective_from]
    temporaries = tuple(_laid(founded.temporaries, draft, now=now))
    standing = [*_standing(founded.overrides, draft, now=now)]
    return replace(
        founded,
        versions=tuple(sorted([*kept, version], key=lambda one: one.effective_from)),
        overrides=(*standing, *_new(draft, standing, temporaries)),
        temporaries=temporaries,
    )


def refusals(roster: Roster, draft: Draft, *, now: datetime) -> Iterator[str]:
    """What saving would refuse of the new overrides and temporary schedules, a sentence each.

    `roster` is the stored one.
    """
    standing, zone = [*_standing(roster.overrides, draft, now=now)], ZoneInfo(draft.time_zone)
    temporaries = tuple(_laid(roster.temporaries, draft, now=now))
    for new in _new(draft, standing, temporaries):
        yield from _refused_span(new, now=now)
        other = in_the_way(new, standing, temporaries)
        if other:
            span = sentence_of_span(other.start, other.end, zone)
            yield f"A {new.kind} of {new.role} stands there already {span}; choose another time, or end it."
        standing.append(new)
    for temporary in draft.temporaries:
        yield from _refused_span(temporary, now=now)
        kept = _laid(roster.temporaries, replace(draft, temporaries=()), now=now)
        if any(one.start < temporary.end and one.end > temporary.start for one in kept):
            yield "Another temporary schedule stands there already; end or cancel that one first."


def _refused_span(new: Override | Temporary, *, now: datetime) -> Iterator[str]:
    try:
        checked_start(new.start, new.end, now=now, founding=False)
    except Refused as refusal:
        yield str(refusal)


def _version(draft: Draft, *, now: datetime, founding: bool) -> Version:
    zone, layers = ZoneInfo(draft.time_zone), draft.definition.layers()
    begins = draft.begins or now
    if founding:
        begins = min([now, *(first_instant(layer.start, zone) for layer in layers)])
    elif begins < now:
        raise Refused(
            f"A version cannot begin in the past ({begins:%Y-%m-%d %H:%M} UTC): who was on call then stays. "
            "Let it begin now or later."
        )
    years = range(
        min([begins.year, now.year, *(layer.start.year for layer in layers)]),
        max(begins.year, now.year) + YEARS_AHEAD + 1,
    )
    holidays = Holidays.of(holidays_unsaved(draft.holidays, years))
    return Version(begins, zone, draft.definition, holidays)


def _standing(overrides: Sequence[Override], draft: Draft, *, now: datetime) -> Iterator[Override]:
    for one in overrides:
        if one.number not in draft.stopped:
            yield one
        elif one.start < now:
            yield replace(one, end=min(one.end, now))


def _laid(stored: Sequence[Temporary], draft: Draft, *, now: datetime) -> Iterator[Temporary]:
    for one in stored:
        if one.start not in draft.stopped_temporaries:
            yield one
        elif one.start < now:
            yield replace(one, end=min(one.end, now))
    yield from draft.temporaries


def _new(draft: Draft, standing: Sequence[Override], temporaries: Sequence[Temporary]) -> list[Override]:
    """Numbered after those that stand; they apply to the temporary schedules there are, as the verb does."""
    last = max((one.number for one in standing), default=0)
    return [
        replace(one, number=last + n, over_temporary=_meets(one, temporaries))
        for n, one in enumerate(draft.overrides, 1)
    ]


def _meets(new: Override, temporaries: Sequence[Temporary]) -> bool:
    return any(one.start < new.end and one.end > new.start for one in temporaries)
