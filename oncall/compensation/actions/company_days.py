"""Days on which the company differs from the holiday calendars."""

from datetime import date, datetime, time

from django.db import IntegrityError, transaction

from oncall.actions.refusal import Overtaken, Refused, text
from oncall.compensation.actions.assigning import check_place
from oncall.compensation.actions.guarding import check_day
from oncall.compensation.models import CompanyDay
from oncall.core.final import EARLIEST, LATEST
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

MIDNIGHT = time(0)


def add_company_day(  # noqa: PLR0913 - the words of one request
    *,
    day: date,
    name: str,
    by: Actor,
    now: datetime,
    calendar: str = "",
    start: time = MIDNIGHT,
    end: time = MIDNIGHT,
    worked: bool = False,
) -> CompanyDay:
    """A holiday of the company's own for those who live in `calendar` (empty: everybody), from `start` to
    `end` by each person's clock, an end of midnight being that of the day; or, `worked`, a holiday of the
    calendar that is none here.

    Raises Refused for a day without a name, a calendar that is none, an end before the start, hours of a day
    that is worked, a day that is there already, and one in a month that is locked for somebody whose
    day it is.
    """
    name = text(name, what="name", limit=200)
    if not name:
        raise Refused(f"{day} needs a name, such as Company day.")
    if not EARLIEST.year < day.year < LATEST.year:
        raise Refused(f"{day} lies outside the years {EARLIEST.year + 1} to {LATEST.year - 1}.")
    check_place(calendar)
    if end != MIDNIGHT and end <= start:
        hours = f"{start:%H:%M} to {end:%H:%M}"
        raise Refused(f"{name} from {hours} has no hour in it; 00:00 is the end of the day.")
    if worked and (start, end) != (MIDNIGHT, MIDNIGHT):
        raise Refused(
            f"{name} is worked all the same, which is a matter of the whole day; leave its hours out."
        )
    with transaction.atomic():
        check_day(day, calendar)
        try:
            with transaction.atomic():
                row = CompanyDay.objects.create(
                    calendar=calendar, date=day, name=name, start=start, end=end, worked=worked
                )
        except IntegrityError:
            whose = calendar or "everybody"
            raise Overtaken(
                f"{day} is a day of the company for {whose} already; take that away first."
            ) from None
        _record(Verb.COMPANY_DAY_ADDED, row, by=by, now=now)
    return row


def remove_company_day(*, company_day: CompanyDay, by: Actor, now: datetime) -> None:
    """The calendars count again. Raises Refused where a month is locked for somebody whose day it is, and
    Overtaken when it was taken away before.
    """
    with transaction.atomic():
        row = CompanyDay.objects.select_for_update().filter(pk=company_day.pk).first()
        if row is None:
            raise Overtaken(f"{company_day} was taken away before.")
        check_day(row.date, row.calendar)
        _record(Verb.COMPANY_DAY_REMOVED, row, by=by, now=now)
        row.delete()


def _record(verb: Verb, row: CompanyDay, *, by: Actor, now: datetime) -> None:
    hours = (
        "" if (row.start, row.end) == (MIDNIGHT, MIDNIGHT) else f" from {row.start:%H:%M} to {row.end:%H:%M}"
    )
    what = f"{row}{hours}, {'worked' if row.worked else 'a holiday'} for {row.calendar or 'everybody'}"
    data = {"calendar": row.calendar, "date": row.date.isoformat(), "worked": row.worked}
    record([Line(verb, ("company_day", row.pk), by, what, data=data)], now=now)
