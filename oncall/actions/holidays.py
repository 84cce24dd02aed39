"""Holiday dates, copied from the `holidays` library once, so that its updates do not rewrite the past."""

import difflib
from collections.abc import Iterable
from datetime import date, datetime

import holidays as library
import structlog

from oncall.actions.refusal import Refused
from oncall.models import HolidayDate, ScheduleVersion
from people.models import User

YEARS_AHEAD = 3
log = structlog.get_logger(__name__)


def ensure_holidays(calendar: str, years: Iterable[int]) -> None:
    """Write the dates of `calendar` (GB-ENG, US-NY, DE) for those of `years` that have none yet.

    Raises Refused for a calendar the library does not know. An empty calendar has no holidays.
    """
    if not calendar:
        return
    known = HolidayDate.objects.filter(calendar=calendar).values_list("date__year", flat=True).distinct()
    dates = _of_the_library(calendar, set(years) - set(known))
    HolidayDate.objects.bulk_create(
        [HolidayDate(calendar=calendar, date=day, name=name[:200]) for day, name in dates.items()],
        ignore_conflicts=True,  # another request may be writing the same years
    )


def holidays_unsaved(calendar: str, years: Iterable[int]) -> tuple[date, ...]:
    """The sorted dates that `ensure_holidays` would leave for `years` and those written already. Writes
    nothing. Raises Refused for a calendar the library does not know.
    """
    if not calendar:
        return ()
    written = set(HolidayDate.objects.filter(calendar=calendar).values_list("date", flat=True))
    missing = set(years) - {day.year for day in written}
    return tuple(sorted({*written, *_of_the_library(calendar, missing)}))


def _of_the_library(calendar: str, years: set[int]) -> dict[date, str]:
    check_calendar(calendar)
    country, _, part = calendar.partition("-")
    dates = library.country_holidays(country, subdiv=part or None, years=sorted(years))
    return {day: name for day, name in sorted(dates.items()) if day.year in years}


def extend_holidays(now: datetime) -> None:
    """Write the years to come of every calendar that a schedule counts worked days by or a person has, so
    that nobody runs out of holidays. Dates that are written already stay as they are.
    """
    counted = ScheduleVersion.objects.exclude(holidays="").values_list("holidays", flat=True)
    lived = User.objects.exclude(holidays="").values_list("holidays", flat=True)
    for calendar in sorted({*counted, *lived}):
        try:
            ensure_holidays(calendar, range(now.year, now.year + YEARS_AHEAD + 1))
        except Refused as refusal:
            log.warning("holidays_unknown", calendar=calendar, refusal=str(refusal))


def check_calendar(calendar: str) -> None:
    """Raises Refused unless `calendar` is empty or a country's code, with a part of it or without."""
    country, dash, part = calendar.partition("-")
    parts: list[str] | None = library.list_supported_countries().get(country)
    if not calendar or (parts is not None and (part in parts if dash else True)):
        return
    codes = [f"{name}-{one}" for name, ones in library.list_supported_countries().items() for one in ones]
    near = difflib.get_close_matches(calendar.upper(), codes, n=1)
    hint = f"did you mean {near[0]}?" if near else "write a country and its part, such as DE-BE or US-NY."
    raise Refused(f"“{calendar}” is not a known holiday calendar; {hint}")
