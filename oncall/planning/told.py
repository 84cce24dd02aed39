"""A proposal in words and as plain values: one shape for the command, the API and the page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from oncall.core.definition import in_order
from oncall.core.final import Shift
from oncall.core.plan.answer import Figures, Vacancy, spread
from oncall.core.plan.load import Load
from oncall.core.plan.problem import changes
from oncall.core.span import Span, intersection
from oncall.planning.proposing import Proposal
from people.models import User

WHY = {
    "away": "is away {span}",
    "busy": "is on call there {span}",
    "elsewhere": "is on call on another schedule {span}",
    "left": "has left",
}


@dataclass(frozen=True)
class TurnRow:
    """One turn, or part of one, beside the rotation's; usernames. `stays`: it was not free to be given."""

    role: str
    start: datetime
    end: datetime
    users: tuple[str, ...]
    rotation: tuple[str, ...]
    stays: bool = False

    @property
    def differs(self) -> bool:
        return sorted(self.users) != sorted(self.rotation)


def turn_rows(proposal: Proposal) -> list[TurnRow]:
    """Every turn of the time, in order of role and time."""
    names = {pk: user.username for pk, user in proposal.people.items()}
    rows = [
        TurnRow(
            slot.role,
            slot.start,
            slot.end,
            _named(who, names),
            _named(_now_on(proposal.rotation, slot), names),
        )
        for slot, who in zip(proposal.frame.problem.slots, proposal.answer.choice, strict=True)
    ]
    for shift in proposal.frame.kept:
        who = _named([shift.user or 0], names)
        rows.append(TurnRow(shift.role, shift.start, shift.end, who, who, stays=True))
    order = in_order({row.role for row in rows})
    return sorted(rows, key=lambda row: (order.index(row.role), row.start))


def _now_on(rotation: Iterable[Shift], slot: Any) -> list[int]:
    """Who carries the slot as the schedule stands."""
    return [
        user
        for user in dict.fromkeys(
            one.user
            for one in rotation
            if one.role == slot.role and intersection(slot.spans, [Span(one.start, one.end)])
        )
        if user is not None
    ]


def _named(users: Iterable[int], names: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(names[user] for user in users)


def notes(proposal: Proposal) -> list[str]:
    """What the plan cannot keep, what it leaves alone, and how good it is known to be, in sentences."""
    found = [_vacancy(one, proposal.people, proposal.zone) for one in proposal.vacancies]
    if proposal.cost.short_rests:
        found.append(
            f"Too few people for 11 hours of rest everywhere: {_times(proposal.cost.short_rests, 'break')} "
            "shorter, and no plan without gaps has fewer."
        )
    if proposal.cost.guests:
        found.append(
            f"Too few people in a layer: {_times(proposal.cost.guests, 'turn')} carried by people who stand "
            "in another layer of the role, so that there is no gap and enough rest."
        )
    if proposal.cost.in_a_row:
        found.append(
            f"Too few people to keep the turns of one person apart: {_times(proposal.cost.in_a_row, 'turn')} "
            "right after another of the same person, and no plan without gaps has fewer."
        )
    if proposal.frame.kept:
        found.append(
            "Turns that the time cuts, overrides and temporary schedules stay as they are, and are counted."
        )
    return [*found, _how_good(proposal)]


def _vacancy(one: Vacancy, people: Mapping[int, User], zone: tzinfo) -> str:
    what = f"Nobody can carry {one.role} {_span(one.start, one.end, zone)}"
    away = [span for _, why, *span in one.reasons if why == "away"]
    if away and len(away) == len(one.reasons):
        common = max(start for start, _ in away), min(end for _, end in away)
        if common[0] < common[1]:
            everybody = "everybody is" if len(away) > 1 else f"{people[one.reasons[0][0]]} is"
            return f"{what}: {everybody} away {_span(*common, zone)}."
    why = "; ".join(
        f"{people[user]} {WHY[why].format(span=_span(start, end, zone))}"
        for user, why, start, end in one.reasons
    )
    return f"{what}: {why or 'nobody stands in it'}."


def _how_good(proposal: Proposal) -> str:
    answer, found = proposal.answer, proposal.cost.points
    if answer.proven:
        return f"Proven: no plan is fairer ({found} points, in {answer.seconds:.1f} s)."
    gap = f"{found} points after {answer.seconds:.1f} s, and no plan has fewer than {answer.bound}"
    again = "" if answer.repeatable else " The clock ended the search, so that another run may end elsewhere."
    return f"Good, but not proven the best: {gap}. Give it more --seconds for a better one.{again}"


def _times(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"


def _span(start: datetime, end: datetime, zone: tzinfo) -> str:
    return f"from {start.astimezone(zone):%a %d %b %Y %H:%M} to {end.astimezone(zone):%a %d %b %Y %H:%M}"


def figure_rows(proposal: Proposal) -> list[dict[str, Any]]:
    """By role and person: what the plan gives, what the rotation would, and what was carried before."""
    rotation = {(one.role, one.user): one for one in proposal.rotation_figures}
    plan = {(one.role, one.user): one for one in proposal.figures}
    order = in_order({role for role, _ in {*plan, *rotation}})
    names = {pk: user.username for pk, user in proposal.people.items()}
    keys = sorted({*plan, *rotation}, key=lambda key: (order.index(key[0]), names[key[1]]))
    return [
        {
            "role": role,
            "user": names[user],
            "plan": _counted(plan.get((role, user))),
            "rotation": _counted(rotation.get((role, user))),
            "before": _load((plan.get((role, user)) or rotation[role, user]).before),
        }
        for role, user in keys
    ]


def spreads(proposal: Proposal) -> dict[str, dict[str, Any]]:
    """By role, the most that one carries above the least, by the plan and by the rotation.

    `over_time` counts what was carried in the 90 days before as well, as the plan does.
    """
    sides: dict[str, Sequence[Figures]] = {"plan": proposal.figures, "rotation": proposal.rotation_figures}
    told = {
        side: (spread(rows, with_before=False), spread(rows, with_before=True))
        for side, rows in sides.items()
    }
    return {
        role: {
            side: {**_load(alone.get(role, Load())), "over_time": _load(both.get(role, Load()))}
            for side, (alone, both) in told.items()
        }
        for role in in_order({*told["plan"][0], *told["rotation"][0]})
    }


def _counted(one: Figures | None) -> dict[str, Any]:
    if one is None:
        return {"turns": 0, **_load(Load()), "time_off": 0, "short_rests": 0}
    return {"turns": one.turns, **_load(one.load), "time_off": one.time_off, "short_rests": one.short_rests}


def _load(load: Load) -> dict[str, Any]:
    hours = round(load.minutes / 60, 1)
    return {
        "hours": int(hours) if hours == int(hours) else hours,
        "nights": load.nights,
        "weekend_days": load.weekend_days,
        "holidays": load.holidays,
    }


def as_values(proposal: Proposal) -> dict[str, Any]:
    """The proposal with nothing but JSON's types; instants in UTC, people by username."""
    answer = proposal.answer
    return {
        "schedule": proposal.schedule.name,
        "revision": proposal.revision,
        "since": written(proposal.since),
        "until": written(proposal.until),
        "time_zone": proposal.zone.key,
        "proven": answer.proven,
        "repeatable": answer.repeatable,
        "points": proposal.cost.points,
        "bound": answer.bound,
        "seconds": answer.seconds,
        "changes": changes(proposal.frame.problem, answer.choice),
        "notes": notes(proposal),
        "turns": list(_turn_values(turn_rows(proposal))),
        "figures": figure_rows(proposal),
        "spread": spreads(proposal),
        "shifts": [
            {
                "role": one.role,
                "user": proposal.people[one.user].username if one.user is not None else None,
                "start": written(one.start),
                "end": written(one.end),
            }
            for one in proposal.shifts
        ],
    }


def _turn_values(rows: Iterable[TurnRow]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            "role": row.role,
            "start": written(row.start),
            "end": written(row.end),
            "users": list(row.users),
            "rotation": list(row.rotation),
            "differs": row.differs,
            "stays": row.stays,
        }


def written(at: datetime) -> str:
    """UTC, ISO 8601, with Z."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
