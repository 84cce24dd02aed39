"""Before time off that was earned is lost, its person is told, once, and never by night."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.db import transaction

from oncall.compensation.actions.adjustments import locked_person
from oncall.compensation.actions.checks import PAY, record_pay
from oncall.compensation.actions.lieu import in_hours_and_minutes
from oncall.compensation.chores.apart import each_apart
from oncall.compensation.core.lieu import Booked, What
from oncall.compensation.models import Told
from oncall.compensation.selectors import LieuAccount, lieu_accounts
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.ledger.record import ENGINE
from people.ledger.verbs import Verb
from people.models import User

BEFORE = timedelta(days=7)


def tell_losses(*, clock: Callable[[], datetime]) -> list[int]:
    """Tell everybody who loses time off within BEFORE, and has not been told of it; returns those for whom it
    failed. What they have planned to take until then is not lost.
    """
    now = clock()
    ids = list(User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    accounts = lieu_accounts(ids)
    losing = [pk for pk in ids if pk in accounts and _losses(accounts[pk], now)]

    def work(some: Sequence[int]) -> None:
        for pk in some:
            _tell(pk, now)

    return each_apart(losing, work, what="tell of time off that is lost")


def _losses(account: LieuAccount, now: datetime) -> list[Booked]:
    booked = account.booked(now + BEFORE)
    return [one for one in booked if one.what is What.LOST and one.at > now]


def _tell(pk: int, now: datetime) -> None:
    with transaction.atomic():
        user = User.objects.get(pk=pk)
        locked_person(user)
        losses = {_about(one): one for one in _losses(lieu_accounts([pk])[pk], now)}
        told = Told.objects.filter(user=user, about__in=losses).values_list("about", flat=True)
        new = [one for about, one in losses.items() if about not in set(told)]
        if not new:
            return
        Told.objects.bulk_create(Told(user=user, about=_about(one), at=now) for one in new)
        zone = ZoneInfo(user.time_zone)
        words = [_words(one, zone) for one in new]
        record_pay(
            Verb.LIEU_LOSS_TOLD, user, f"{user} is told: {'; '.join(words)}", by=ENGINE, now=now,
            minutes=-sum(one.minutes for one in new),
        )  # fmt: skip
        notice = Notice(
            title=f"Time off you earned is lost soon: {words[0]}",
            lines=(*words[1:], "Take it before then, or tell who manages your team."),
            path="/pay",
            label="See it",
        )
        run = f"lost:{_about(new[0])}"
        asked = NoticeRequest(user_id=pk, cause=f"{PAY}:{pk}", run=run, notice=notice, quiet=True)
        tell(requests=[asked], now=now)


def _about(one: Booked) -> str:
    return f"lieu:{one.at:%Y-%m-%dT%H:%M:%S}"


def _words(one: Booked, zone: tzinfo) -> str:
    """“1 h 30 min on Thu 10 July at 03:00”."""
    at = one.at.astimezone(zone)
    return f"{in_hours_and_minutes(-one.minutes)} on {at:%a} {at.day} {at:%B} at {at:%H:%M}"
