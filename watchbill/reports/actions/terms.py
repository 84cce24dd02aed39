"""What a team finds bearable, and when and to whom its report is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime, time
from typing import Any

from django.db import transaction

from oncall.core.faults import DefinitionFaults
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import Team, User
from watchbill.reports.actions.refusal import Refused
from watchbill.reports.core.thresholds import Limit, Thresholds, plain, read_thresholds, write_thresholds
from watchbill.reports.models import Mailing, Terms

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@transaction.atomic
def set_terms(*, team: Team, thresholds: Mapping[str, Any], by: Actor, now: datetime) -> Terms | None:
    """A new version of the team's thresholds: `thresholds` says all that differs from the usual, as
    `read_thresholds` reads it. None when the version in force says so already.

    Raises Refused with everything that is wrong. Stored reports stay as they were judged.
    """
    wanted = _read(thresholds)
    Team.objects.select_for_update().get(pk=team.pk)  # versions of one team are numbered one by one
    newest = Terms.objects.filter(team=team).order_by("number").last()
    before = read_thresholds(newest.thresholds) if newest else Thresholds()
    changes = list(_changes(before, wanted))
    if not changes:
        return None
    row = Terms.objects.create(
        team=team,
        number=newest.number + 1 if newest else 1,
        thresholds=write_thresholds(wanted),
        created_at=now,
        created_by=by.user,
    )
    what = f"thresholds of {team}, version {row.number}: {'; '.join(changes)}"
    data = {"number": row.number, "thresholds": row.thresholds}
    record([Line(Verb.LOAD_TERMS_SET, ("team", team.pk), by, what, data=data)], now=now)
    return row


@transaction.atomic
def set_mailing(  # noqa: PLR0913 - the words of one request
    *,
    team: Team,
    weekday: int,
    at: time,
    to: Iterable[User],
    after_shift: bool,
    by: Actor,
    now: datetime,
) -> Mailing | None:
    """The team's report is made each `weekday` (0 is Monday) `at`, by the team's clock, and mailed `to`
    these, its managers where there are none. None when it is so already.

    Raises Refused for a weekday that is none.
    """
    if not 0 <= weekday < len(DAYS):
        raise Refused(f"{weekday} is no day of the week; write 0 for Monday to 6 for Sunday.")
    at = at.replace(second=0, microsecond=0)
    people = sorted({user.pk: user for user in to}.values(), key=lambda user: user.username)
    Team.objects.select_for_update().get(pk=team.pk)
    row = Mailing.objects.select_for_update().filter(team=team).first()
    before = _said(row, _recipients(row)) if row else USUAL
    if row is None:
        row = Mailing(team=team)
    elif (row.weekday, row.at) != (weekday, at):
        row.next_at = None  # told anew, by whoever makes reports
    row.weekday, row.at, row.after_shift = weekday, at, after_shift
    after = _said(row, people)
    if after == before:
        return None
    row.save()
    row.to.set(people)
    what = f"pager-load report of {team}: {after}, {before} before"
    data = {"to": [user.username for user in people], "after_shift": after_shift}
    record([Line(Verb.LOAD_MAILING_SET, ("team", team.pk), by, what, data=data)], now=now)
    return row


def _read(thresholds: Mapping[str, Any]) -> Thresholds:
    try:
        return read_thresholds(thresholds)
    except DefinitionFaults as faults:
        said = [f"{'.'.join(map(str, one.path))}: {one.message}" for one in faults.faults]
        raise Refused(" ".join(said)) from None


def _changes(before: Thresholds, after: Thresholds) -> Iterable[str]:
    """“sleep_interruptions from 2, 4 to 3, 5”."""
    for name in (one.name for one in fields(Thresholds)):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name} from {_spelled(old)} to {_spelled(new)}"


def _spelled(value: Limit | int) -> str:
    return f"{plain(value.amber)}, {plain(value.red)}" if isinstance(value, Limit) else str(value)


def _recipients(row: Mailing) -> list[User]:
    return list(row.to.order_by("username"))


def _said(row: Mailing, to: Iterable[User]) -> str:
    """“Monday 09:00 to erin, and after shifts”."""
    names = ", ".join(user.username for user in to) or "its managers"
    after = "and after shifts" if row.after_shift else "not after shifts"
    return f"{DAYS[row.weekday]} {row.at:%H:%M} to {names}, {after}"


USUAL = _said(Mailing(), ())
