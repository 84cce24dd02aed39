"""Lengths of time as people say them."""

from datetime import timedelta

SECONDS, MINUTES, HOURS = timedelta(minutes=2), timedelta(hours=2), timedelta(hours=72)
"""A time shorter than the first is said in seconds, than the second in minutes, than the third in hours."""


def about(time: timedelta) -> str:
    """“26 s”, “90 min”, “25 h”, “4 days”: rounded down, as people say how long something has been."""
    if time < SECONDS:
        return f"{max(0, int(time.total_seconds()))} s"
    if time < MINUTES:
        return f"{int(time / timedelta(minutes=1))} min"
    if time < HOURS:
        return f"{int(time / timedelta(hours=1))} h"
    return f"{time.days} days"


def exactly(time: timedelta) -> str:
    """“4 h”, “1 day 12 h”, “1 min 30 s”; no time at all is “0 s”."""
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
