"""Whose pay, of which month, a page is about; and whether its reader may see it. Who may not hears that there
is no such page, as for somebody who does not exist.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.utils import timezone

from oncall.compensation.actions.checks import FIRST_YEAR, LAST_YEAR
from oncall.compensation.core.months import first_of, next_month
from oncall.compensation.exports.files import FORMS
from oncall.compensation.exports.sheet import Sheet
from oncall.compensation.models import Statement
from oncall.compensation.permissions import may_see
from people.models import Team, User
from people.permissions import managed_team_ids

MONTH = r"(?P<month>[0-9]{4}-(?:0[1-9]|1[0-2]))"
"""2026-11, in an address."""


def month_of(text: str) -> date:
    """Raises Http404 for a year that nobody is paid for."""
    year, number = (int(part) for part in text.split("-"))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    return date(year, number, 1)


def this_month(user: User, now: datetime) -> date:
    """By their clock."""
    return first_of(now.astimezone(ZoneInfo(user.time_zone)).date())


def open_month(user: User, month: date) -> date:
    """Where `month` is approved or locked, the first after it that is not."""
    rows = Statement.objects.filter(user=user, month__gte=month).exclude(state=Statement.State.DRAFT)
    closed = set(rows.values_list("month", flat=True))
    while month in closed:
        month = next_month(month)
    return month


def seen_person(reader: User, username: str, month: date) -> User:
    """Raises Http404."""
    user = User.objects.filter(username=username).first() if username.isprintable() else None
    if user is None or not may_see(reader, user, month=month):
        raise Http404
    return user


def managed_team(reader: User, name: str) -> Team:
    """Raises Http404."""
    team = Team.objects.filter(name=name).first() if "\x00" not in name else None
    if team is None or not (reader.is_superuser or team.pk in managed_team_ids(reader)):
        raise Http404
    return team


def file_of(sheets: Sequence[Sheet], name: str, form: str) -> HttpResponse:
    """A download; `name` is what it is saved as, without its ending. Raises Http404 where there is none."""
    if not sheets:
        raise Http404
    chosen = FORMS[form]
    answer = HttpResponse(chosen.write(sheets, timezone.now()), content_type=chosen.content_type)
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}.{form}"'
    return answer
