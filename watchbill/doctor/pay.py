"""Checks of pay: who carries a pager and no plan pays them, and what a plan pays that nobody can mean."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from oncall.compensation.advising import about_plans, in_force
from oncall.compensation.loading.stages import stages
from oncall.compensation.models import PlanVersion
from oncall.compensation.reckoning import carried_by
from oncall.core.coverage import NEVER_PAGED
from oncall.core.finding import Finding, warning
from oncall.core.span import Span, subtraction, union
from people.models import User
from watchbill.provisioning.models import KeptPart
from watchbill.provisioning.stored_pay import PAY_PLANS

AHEAD = timedelta(days=7)
A_DAY = timedelta(days=1)
NAMED = 10


def pay(now: datetime) -> Iterator[Finding]:
    """Nothing of people, where there is no plan at all."""
    today = now.astimezone(UTC).date()
    yield from about_plans(in_force(today))
    for name in KeptPart.objects.filter(section=PAY_PLANS).order_by("pk").values_list("name", flat=True):
        yield warning(
            f"Pay plan {name} came with a document when nothing was paid by it yet, and nobody is.",
            "Apply the document again.",
        )
    if PlanVersion.objects.filter(in_force(today)).exists():
        yield from _people(today, now)


def _people(today: date, now: datetime) -> Iterator[Finding]:
    people = {user.pk: user for user in User.objects.filter(is_active=True).order_by("username")}
    staged = stages(people, since=today - A_DAY, until=(now + AHEAD).date() + 2 * A_DAY)
    ahead = Span(now, now + AHEAD)
    carried = carried_by(people, ahead)
    unpaid, without_calendar = [], []
    for pk, user in people.items():
        duty = union(one.span for one in carried.get(pk, ()) if one.role not in NEVER_PAGED)
        paying = [stage for stage in staged[pk].stages if stage.span.end > now]
        if subtraction(duty, [stage.span for stage in paying]):
            unpaid.append(str(user))
        festive = any(band.holidays for stage in paying for band in stage.terms.bands)
        if festive and not user.holidays:
            without_calendar.append(str(user))
    if unpaid:
        yield warning(
            f"{_names(unpaid)}: on call in the next {AHEAD.days} days, and no pay plan pays for it.",
            "Name them, a team of theirs or their place in a pay plan.",
        )
    if without_calendar:
        yield warning(
            f"{_names(without_calendar)}: paid by a plan that has a rate for holidays, and without a holiday "
            "calendar, so that no day is one.",
            "Give them one, such as GB or US-NY.",
        )


def _names(names: Iterable[str]) -> str:
    all_names = list(names)
    more = len(all_names) - NAMED
    return ", ".join(all_names[:NAMED]) + (f" and {more} more" if more > 0 else "")


CHECKS = (pay,)
