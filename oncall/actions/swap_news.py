"""What people are told of a swap, each of it once: who asks, who took it, that nobody did."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.actions.refusal import sentence_of_span
from oncall.actions.spans import roster_around
from oncall.core import final
from oncall.models import Swap
from oncall.selectors import managers_of
from oncall.standins import StandIn, standins
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.models import User

NOBODY_FREE = "Nobody who could carry it is free then, as far as is known."


def asked(swap: Swap, *, now: datetime, run: str = "asked") -> None:
    """Ask whoever may take it: the one person asked; of the team those who could, the best first.

    An urgent one asks the managers who could, too. Where nobody is free: whoever is on another role then,
    and the managers, who can decide.
    """
    if swap.offered_to is not None:
        _tell(
            swap,
            run,
            [swap.offered_to],
            _asking(swap, whom="you to"),
            why=swap.reason,
            label="Answer",
            now=now,
        )
        return
    rows = _candidates(swap, now=now)
    free = [row for row in rows if row.candidate.can and (row.stands_in or swap.urgent)]
    for row in free or [row for row in rows if row.stands_in and not row.candidate.away]:
        lines = (f"You: {row.candidate.said}.", "The first to take it carries it.")
        _tell(swap, run, [row.user], _asking(swap), why=swap.reason, lines=lines, label="Take it", now=now)
    if not free:
        _tell(swap, run, _managers(swap), _asking(swap), why=swap.reason, lines=(NOBODY_FREE,), now=now)


def taken(swap: Swap, *, now: datetime) -> None:
    """It waits for a manager: the giver hears it, the managers are asked."""
    asking = (swap.taker_id, swap.giver_id)
    deciding = [user for user in _managers(swap) if user.pk not in asking]
    what = f"{swap.taker} would carry {_shift(swap)} instead of {swap.giver}"
    _tell(swap, "taken", deciding, what, lines=("It needs your yes.",), label="Decide", now=now)
    lines = (f"You are on until a manager has said yes to {swap.taker}.",)
    _tell(swap, "taken", [swap.giver], f"{swap.taker} takes your {_shift(swap)}", lines=lines, now=now)


def done(swap: Swap, *, now: datetime) -> None:
    if swap.taker is None:
        return
    _tell(swap, "done", [swap.giver], f"{swap.taker} carries your {_shift(swap)}", now=now)
    _tell(swap, "done", [swap.taker], f"You carry {_shift(swap)} instead of {swap.giver}", now=now)


def declined(swap: Swap, *, by: str, why: str, now: datetime) -> None:
    """Giver and taker hear who said no; the giver stays on."""
    what = f"{by} said no to a swap: {swap.giver} stays on {_shift(swap)}"
    people = [swap.giver, *([swap.taker] if swap.taker else [])]
    _tell(swap, "declined", people, what, why=why, now=now)


def withdrawn(swap: Swap, *, now: datetime) -> None:
    """Whoever had been asked alone, or had taken it, need not any more."""
    people = [user for user in (swap.taker, swap.offered_to) if user is not None]
    _tell(swap, "withdrawn", people, f"{swap.giver} no longer gives away {_shift(swap)}", now=now)


def untaken(swap: Swap, *, now: datetime) -> None:
    """The giver, and the managers, hear that the giver is still on."""
    said = "Nobody has said yes to" if swap.state == Swap.State.TAKEN else "Nobody has taken"
    lines = (f"{swap.giver} stays on.",)
    _tell(swap, "untaken", [swap.giver], f"You are still on: {said.lower()} {_shift(swap)}", now=now)
    _tell(swap, "untaken", _managers(swap), f"{said} {_shift(swap)}", lines=lines, label="See it", now=now)


def reminded(swap: Swap, *, run: str, now: datetime) -> None:
    """Ask again, while it is open; where it waits for a manager, ask them."""
    if swap.state == Swap.State.OPEN:
        asked(swap, now=now, run=run)
        return
    deciding = [user for user in _managers(swap) if user.pk not in {swap.taker_id, swap.giver_id}]
    what = f"{swap.taker} still waits for your yes to carry {_shift(swap)}"
    _tell(swap, run, deciding, what, label="Decide", now=now)


def _candidates(swap: Swap, *, now: datetime) -> Sequence[StandIn]:
    """Those who may take it: not the giver, and nobody who has the role then already."""
    start = max(swap.start, now)
    roster = roster_around(swap.schedule, start, swap.end, now)
    on = [one.user for one in final.shifts(roster, start, swap.end, role=swap.role) if one.user is not None]
    return standins(swap.schedule, start=start, end=swap.end, now=now, without=[swap.giver_id, *on])


def _managers(swap: Swap) -> list[User]:
    return [user for user in managers_of(swap.schedule) if user.pk != swap.giver_id]


def _asking(swap: Swap, *, whom: str = "who can") -> str:
    if swap.urgent:
        return f"{swap.giver} has to come off now: who takes {_shift(swap)}"
    return f"{swap.giver} asks {whom} carry {_shift(swap)}"


def _shift(swap: Swap) -> str:
    return f"{swap.role} of {swap.schedule}"


def _tell(  # noqa: PLR0913 - the words of one notice
    swap: Swap,
    run: str,
    users: Iterable[User],
    what: str,
    *,
    why: str = "",
    lines: tuple[str, ...] = (),
    label: str = "Open",
    now: datetime,
) -> None:
    """`what` and the span, in each reader's own zone."""
    tell(
        requests=[
            NoticeRequest(
                user_id=user.pk,
                cause=f"swap:{swap.pk}",
                run=run,
                notice=Notice(
                    title=f"{what}, {sentence_of_span(swap.start, swap.end, ZoneInfo(user.time_zone))}",
                    lines=((why,) if why else ()) + lines,
                    path=f"/swaps/{swap.pk}",
                    label=label,
                ),
            )
            for user in users
        ],
        now=now,
    )
