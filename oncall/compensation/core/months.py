"""Months, each named by its first day."""

from datetime import date, timedelta

WITHIN_ANY = timedelta(days=31)


def first_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The month after it. Raises OverflowError at the end of the calendar."""
    return first_of(first_of(month) + WITHIN_ANY)


def month_before(month: date) -> date:
    return first_of(first_of(month) - timedelta(days=1))


def in_words(month: date) -> str:
    """“June 2025”."""
    return f"{month:%B %Y}"
