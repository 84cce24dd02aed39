"""What people hear of corrections of call-outs. By day: nobody is woken for money."""

from collections.abc import Iterable
from datetime import date, datetime

from oncall.compensation.actions.checks import PAY
from oncall.compensation.models import Correction
from oncall.compensation.selectors import approvers_of
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.models import User

PATH = "/pay/call-outs"


def asked(row: Correction, *, month: date, now: datetime) -> None:
    """Those who may decide it, but for who asked; administrators where that leaves nobody."""
    deciders = [user for user in approvers_of(row.user, month=month) if user.pk != row.asked_by_id]
    if not deciders:
        others = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")
        deciders = list(others.exclude(pk__in=[row.user_id, row.asked_by_id]))
    title = f"{row.asked_by} asks for other times of a call-out"
    if row.asked_by_id != row.user_id:
        title = f"{title} of {row.user}'s"
    _tell(row, deciders, title, run="asked", lines=(row.why,), label="Decide", now=now)


def decided(row: Correction, *, now: datetime, why: str = "") -> None:
    """Whom it is about, and who asked."""
    title = f"{row.decided_by} {row.state} the times of a call-out"
    people = {user.pk: user for user in (row.user, row.asked_by)}
    _tell(row, people.values(), title, run=row.state, lines=(why,) if why else (), label="See it", now=now)


def _tell(  # noqa: PLR0913 - the words of one notice
    row: Correction,
    people: Iterable[User],
    title: str,
    *,
    run: str,
    lines: tuple[str, ...],
    label: str,
    now: datetime,
) -> None:
    notice = Notice(title=title, lines=lines, path=PATH, label=label)
    cause, run = f"{PAY}:{row.user_id}", f"correction:{row.pk}:{run}"
    tell(
        requests=[
            NoticeRequest(user_id=user.pk, cause=cause, run=run, notice=notice, quiet=True) for user in people
        ],
        now=now,
    )
