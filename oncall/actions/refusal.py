"""Saying no: what was asked for cannot be done, in a sentence for the one who asked."""

from datetime import datetime, tzinfo


class Refused(ValueError):
    """What was asked for cannot be done. The text is a sentence: what is wrong, and what to do instead."""


class Overtaken(Refused):
    """It could have been done a moment ago: somebody was quicker, or what it rests on has changed."""


def sentence_of_span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """“from 2025-01-08 18:00 to 22:00 (America/New_York)”."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"from {first:%Y-%m-%d %H:%M} to {until} ({zone})"


def text(value: str, *, what: str, limit: int) -> str:
    """`value` without the NULs that PostgreSQL refuses. Raises Refused when it is longer than `limit`."""
    cleaned = value.replace("\x00", "").strip()
    if len(cleaned) > limit:
        raise Refused(f"The {what} has {len(cleaned)} characters; write at most {limit}.")
    return cleaned
