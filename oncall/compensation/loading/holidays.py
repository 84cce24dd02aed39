"""Which days are holidays: those of a calendar, and the company's own."""

from collections.abc import Collection, Mapping
from datetime import date, time

from oncall.compensation.core.bands import MIDNIGHT, Holidays
from oncall.compensation.models import CompanyDay
from oncall.models import HolidayDate


def lies_in(calendar: str, place: str) -> bool:
    """Whether the calendar is of the place: US-NY is in US-NY, in US, and in "", which is everywhere."""
    return not place or calendar == place or calendar.startswith(f"{place}-")


def holidays_of(calendars: Collection[str], *, first: date, last: date) -> Mapping[str, Holidays]:
    """By calendar, the holidays from `first` to `last`. In two queries. The more exact place wins a day."""
    found: dict[str, dict[date, tuple[time, time]]] = {calendar: {} for calendar in calendars}
    rows = HolidayDate.objects.filter(calendar__in=found, date__range=(first, last))
    for calendar, day in rows.values_list("calendar", "date"):
        found[calendar][day] = (MIDNIGHT, MIDNIGHT)
    days = list(CompanyDay.objects.filter(date__range=(first, last)))
    for own in sorted(days, key=lambda day: len(day.calendar)):
        for calendar, holidays in found.items():
            if lies_in(calendar, own.calendar):
                if own.worked:
                    holidays.pop(own.date, None)
                else:
                    holidays[own.date] = (own.start, own.end)
    return found
