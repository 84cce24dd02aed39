"""What kept people: the pages that left, and what each of them did about it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from oncall.compensation.core.callouts import Engagement
from oncall.compensation.core.engaged import Acted, Cause, Paged, engagements
from paging.selectors import Left, pages_left
from people.ledger.models import Entry
from people.ledger.verbs import Verb

AT_ONCE = 500  # incidents asked for in one query: SQLite takes no more than so many values
INCIDENT = "incident"
HANDED_ON = frozenset({Verb.INCIDENT_ESCALATED, Verb.INCIDENT_REASSIGNED, Verb.INCIDENT_SNOOZED})
OVER = Verb.INCIDENT_RESOLVED
WORKED = frozenset(
    {
        Verb.INCIDENT_ACKNOWLEDGED,
        Verb.INCIDENT_ACK_COUNTED,
        Verb.INCIDENT_RESPONDERS_ADDED,
        Verb.INCIDENT_NOTE,
        Verb.INCIDENT_MERGED,
    }
)


@dataclass
class _Told:
    """Of one incident: what each person did, and how it was resolved, first to last."""

    acted: defaultdict[int, list[Acted]] = field(default_factory=lambda: defaultdict(list))
    over: list[tuple[datetime, str]] = field(default_factory=list)


def engagements_of(
    user_ids: Collection[int], *, since: datetime, until: datetime
) -> Mapping[int, list[Engagement]]:
    """By person, in order of time: those whose first page left in [since, until)."""
    left = [one for one in pages_left(user_ids, since=since, until=until) if _number(one) is not None]
    told = _told({_number(one) or 0 for one in left})
    by_cause: dict[tuple[int, int], list[Left]] = defaultdict(list)
    for one in left:
        by_cause[one.user, _number(one) or 0].append(one)
    found: dict[int, list[Engagement]] = defaultdict(list)
    for (user, incident), pages in by_cause.items():
        found[user] += engagements(_cause(pages, told[incident], user))
    for each in found.values():
        each.sort(key=attrgetter("span", "pages"))
    return found


def _number(one: Left) -> int | None:
    kind, _, number = one.cause.partition(":")
    return int(number) if kind == INCIDENT and number.isdecimal() else None


def _cause(pages: list[Left], told: _Told, user: int) -> Cause:
    """It is over for them when it is resolved the first time after they were paged."""
    over, by = next(((at, by) for at, by in told.over if at >= pages[0].at), (None, ""))
    return Cause(
        pages=[Paged(page=one.page, at=one.at, stopped=one.stopped) for one in pages],
        acted=told.acted.get(user, []),
        over=over,
        over_by=by,
    )


def _told(incidents: Collection[int]) -> Mapping[int, _Told]:
    found: dict[int, _Told] = defaultdict(_Told)
    ordered = sorted(incidents)
    for n in range(0, len(ordered), AT_ONCE):
        rows = Entry.objects.filter(
            subject_type=INCIDENT,
            subject_id__in=ordered[n : n + AT_ONCE],
            verb__in=[*HANDED_ON, *WORKED, OVER],
        )
        for incident, verb, at, actor, name in rows.order_by("id").values_list(
            "subject_id", "verb", "at", "actor_id", "actor_name"
        ):
            if actor is not None:
                what = verb.partition(".")[2].replace("_", " ")
                found[incident].acted[actor].append(Acted(at=at, what=what, hands_on=verb in HANDED_ON))
            if verb == OVER:
                found[incident].over.append((at, f"resolved by {name}"))
    return found
