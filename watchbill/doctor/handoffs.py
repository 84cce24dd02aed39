"""Whether the past that schedules now show is the one people were told of: roster against ledger.

The keeper wrote each handoff into the ledger as it happened. Where the roster now says another past, the
rules of a time zone changed, somebody who had left came back, rows were changed by hand, or there is a bug.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Min, QuerySet

from oncall.core import final
from oncall.core import handoff as core
from oncall.core.final import Roster
from oncall.core.finding import Finding, warning
from oncall.loading import rosters
from oncall.models import Schedule
from people.ledger.models import Entry
from people.ledger.verbs import Verb
from people.models import User

BACK = timedelta(days=90)
EDGE = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)
MEND = (
    "The two should agree: see whether time zone data changed, somebody who had left came back, or rows "
    "were changed by hand."
)

Key = tuple[datetime, str]


class _People(NamedTuple):
    """Ids of who went off and who came on, sorted."""

    outgoing: tuple[int, ...]
    incoming: tuple[int, ...]


class _Difference(NamedTuple):
    """The first handoff of which one side says another thing, and in how many more it does."""

    key: Key
    shown: _People | None
    recorded: _People | None
    more: int


Handoffs = Mapping[Key, _People]


def handed_over(now: datetime) -> Iterator[Finding]:
    """One finding for each schedule whose last 90 days differ; at most seven queries for any number of them.

    What is compared begins with the first handoff that the keeper recorded, and ends where it has recorded
    all of them.
    """
    since = now - BACK
    recorded, before = _recorded(since), _recorded_before(since)
    kept = Schedule.objects.filter(handoffs_until__gt=since, pk__in={*recorded, *before})
    schedules = {row.pk: row for row in kept.order_by("name")}
    differing = {}
    for pk, roster in rosters(schedules, since=since - EDGE, until=now + EDGE).items():
        begins = since if pk in before else max(since, min(at for at, _ in recorded[pk]) - INSTANT)
        found = _difference(roster, recorded.get(pk, {}), begins, schedules[pk].handoffs_until or since)
        if found is not None:
            differing[pk] = found
    people = _names(differing)
    for pk, one in differing.items():
        yield warning(_sentence(schedules[pk].name, one, people), MEND)


def _recorded(since: datetime) -> dict[int, dict[Key, _People]]:
    """What the ledger says happened since then, by schedule: nothing is recorded before it happens."""
    found: dict[int, dict[Key, _People]] = defaultdict(dict)
    rows = _entries().filter(at__gte=since).order_by("pk").values_list("subject_id", "data")
    for schedule, data in rows.iterator(chunk_size=5000):
        at = datetime.fromisoformat(data["at"])
        people = _People(tuple(sorted(data["outgoing"])), tuple(sorted(data["incoming"])))
        found[schedule][at, data["role"]] = people
    return found


def _recorded_before(since: datetime) -> set[int]:
    firsts = _entries().values("subject_id").annotate(first=Min("at")).filter(first__lt=since)
    return set(firsts.values_list("subject_id", flat=True))


def _entries() -> QuerySet[Entry]:
    return Entry.objects.filter(subject_type="schedule", verb=Verb.HANDOFF_HAPPENED)


def _difference(roster: Roster, recorded: Handoffs, since: datetime, until: datetime) -> _Difference | None:
    shown = _shown(roster, since, until)
    said = {key: people for key, people in recorded.items() if since < key[0] <= until}
    keys = sorted(key for key in {*shown, *said} if shown.get(key) != said.get(key))
    if not keys:
        return None
    return _Difference(keys[0], shown.get(keys[0]), said.get(keys[0]), len(keys) - 1)


def _shown(roster: Roster, since: datetime, until: datetime) -> Handoffs:
    """The handoffs after `since` and up to `until`, as the roster now says them."""
    carried = core.stints(final.shifts(roster, since - EDGE, until + EDGE))
    found = core.handoffs(carried, since, until + INSTANT)
    return {(one.at, one.role): _People(one.outgoing, one.incoming) for one in found}


def _names(differing: Mapping[int, _Difference]) -> Mapping[int, str]:
    sides = [side for one in differing.values() for side in (one.shown, one.recorded) if side]
    users = User.objects.filter(pk__in={user for side in sides for people in side for user in people})
    return {user.pk: str(user) for user in users}


def _sentence(schedule: str, one: _Difference, names: Mapping[int, str]) -> str:
    at, role = one.key
    more = f"; and {one.more} more handoffs differ" if one.more > 1 else ""
    more = more or ("; and one more handoff differs" if one.more else "")
    return (
        f"Schedule “{schedule}” shows another past than the ledger: at {at:%Y-%m-%d %H:%M:%S} UTC {role} "
        f"{_said(one.shown, names)} as the schedule says now, and {_said(one.recorded, names)} as it was "
        f"recorded{more}."
    )


def _said(people: _People | None, names: Mapping[int, str]) -> str:
    if people is None:
        return "was not handed over"
    off, on = (" and ".join(names.get(user, f"person {user}") for user in side) for side in people)
    return f"went from {off or 'nobody'} to {on or 'nobody'}"


CHECKS = (handed_over,)
