"""Messages cost money: administrators hear when a month's sum nears the cap. It never stops a page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from paging.models import MonthOfSpending
from paging.selectors import spent
from people.models import User

SHARES = (80, 100)  # percent of the cap
EVERY = timedelta(minutes=5)


def watch_spending(*, clock: Callable[[], datetime]) -> int:
    """Add up this month anew every five minutes; tell active administrators once of each share reached.

    Returns how many months were looked at: 1, or 0 where it is not time or there is no SPENDING_CAP. Costs
    that are not in SPENDING_CURRENCY are not counted.
    """
    cap: Decimal | None = settings.SPENDING_CAP
    if cap is None:
        return 0
    now = clock()
    month = f"{now.astimezone(UTC):%Y-%m}"
    row = MonthOfSpending.objects.filter(month=month).first()
    if row is None:
        row, _ = MonthOfSpending.objects.get_or_create(month=month, defaults={"wake_at": now})
    if row.wake_at > now:
        return 0
    sum_so_far = spent(since=month_start(now), currency=settings.PRICES.currency)
    with transaction.atomic():
        held = MonthOfSpending.objects.select_for_update(skip_locked=True).filter(pk=row.pk).first()
        if held is None or held.wake_at > now:
            return 0
        held.spent, held.wake_at = sum_so_far, now + EVERY
        reached = max((share for share in SHARES if sum_so_far * 100 >= cap * share), default=0)
        if reached > held.warned:
            held.warned = reached
            tell(requests=_requests(held, cap, reached), now=now)
        held.save(update_fields=["spent", "warned", "wake_at"])
    return 1


def month_start(now: datetime) -> datetime:
    """The first instant of the calendar month of UTC in which `now` lies."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _requests(row: MonthOfSpending, cap: Decimal, share: int) -> list[NoticeRequest]:
    currency = settings.PRICES.currency
    notice = Notice(
        title=f"Messages of {row.month} cost {row.spent:.2f} {currency} so far: {share} % of the cap or more",
        lines=(
            f"The cap (SPENDING_CAP) is {cap:.2f} {currency}. Nothing is held back: pages go on.",
            "Look which services page most, and who is paged by which means.",
        ),
        path="/admin/paging/notification/delivery/",
        label="See what was sent",
    )
    administrators = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")
    return [
        NoticeRequest(user_id=user, cause=f"spending:{row.pk}", run=f"at:{share}", notice=notice)
        for user in administrators.values_list("pk", flat=True)
    ]
