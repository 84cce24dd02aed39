"""Words that charts and mails of a report share."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from paging.core.render import clean
from watchbill.reports.core.report import LoadReport, Money
from watchbill.reports.core.thresholds import Said

SIGNS: Mapping[Said, str] = {"red": "▲", "amber": "◆", "green": "●"}
"""Beside the colour, for whoever does not tell it from the others."""
AN_INSTANT = timedelta(microseconds=1)
AN_HOUR, A_MINUTE = 3600, 60


def counted(many: int, one: str) -> str:
    """“1 page”, “2 pages”."""
    return f"{many} {one}" if many == 1 else f"{many} {one}s"


def cut(text: str, most: int) -> str:
    """One line of at most so many characters; what would turn the direction of its neighbours is left out."""
    plain = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return clean(plain, limit=most)


def signed(colour: Said) -> str:
    """“▲ red”."""
    return f"{SIGNS[colour]} {colour}"


def day(at: datetime, zone: str) -> str:
    """“2 June”, by the clock of `zone`."""
    return f"{at.astimezone(ZoneInfo(zone)):%-d %B}"


def moment(at: datetime, zone: str) -> str:
    """“Mon 2 June, 11:00”."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %-d %B, %H:%M}"


def period(report: LoadReport) -> str:
    """“2 to 8 June”, by the team's clock: the first day and the last. The year stands where it is not that
    in which the report was made.
    """
    zone = ZoneInfo(report.zone)
    first, last = report.since.astimezone(zone), (report.until - AN_INSTANT).astimezone(zone)
    year = "" if first.year == last.year == report.made_at.astimezone(zone).year else f" {last.year}"
    if first.date() == last.date():
        return f"{last:%-d %B}{year}"
    if first.year != last.year:
        return f"{first:%-d %B %Y} to {last:%-d %B}{year}"
    begun = f"{first:%-d}" if first.month == last.month else f"{first:%-d %B}"
    return f"{begun} to {last:%-d %B}{year}"


def length(seconds: int) -> str:
    """“45 s”, “12 min”, “2 h 30 min”: to the second below two minutes, to the minute above."""
    if seconds < 2 * A_MINUTE:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // A_MINUTE, 60)
    said = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(said)


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def money(cost: list[Money]) -> str:
    """“EUR 482.00 and CHF 12.50”, each unbroken."""
    return " and ".join(f"{one.currency}\N{NO-BREAK SPACE}{one.amount:,}" for one in cost)
