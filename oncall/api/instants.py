"""Times as people and programs write them, for the API and the commands."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from oncall.core.final import EARLIEST, LATEST
from oncall.core.walltime import first_instant

LONGEST = timedelta(days=3653)
PLUS_LOST_IN_A_QUERY = re.compile(r"(T\S+) (\d\d:?\d\d)$")


def legible(text: str) -> str:
    """What somebody wrote, as it can be said back: short, and without NUL or half characters."""
    return text[:150].replace("\x00", "?").encode(errors="replace").decode()


def read_moment(text: str) -> datetime:
    """A date (its midnight) or an ISO 8601 time; without an offset it comes back naive, a wall-clock time.

    Raises ValueError with a sentence. A `+` that a query string turned into a space is put back.
    """
    try:
        if not text.isprintable():  # `fromisoformat` stops reading at a NUL
            raise ValueError  # noqa: TRY301
        moment = datetime.fromisoformat(PLUS_LOST_IN_A_QUERY.sub(r"\1+\2", text.strip()))
    except ValueError:
        raise ValueError(
            f"“{legible(text)}” is not a time; write 2025-01-06, 2025-01-06T10:00 or 2025-01-06T10:00:00Z."
        ) from None
    if not EARLIEST.year < moment.year < LATEST.year:
        raise ValueError(
            f"“{legible(text)}” lies outside the years {EARLIEST.year + 1} to {LATEST.year - 1}."
        )
    return moment


def to_utc(moment: datetime, zone: tzinfo) -> datetime:
    """The instant of `moment`; a naive one is wall-clock time in `zone`."""
    return first_instant(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)


def read_instant(text: str, zone: tzinfo) -> datetime:
    """What `text` says, in UTC. Raises ValueError with a sentence."""
    return to_utc(read_moment(text), zone)


def check_range(since: datetime, until: datetime) -> None:
    """Raises ValueError with a sentence where there is nothing between them, or more than ten years."""
    if since >= until:
        raise ValueError(f"The end, {written(until)}, must come after the start, {written(since)}.")
    if until - since > LONGEST:
        raise ValueError("More than ten years lie between the start and the end; choose a part of them.")


def written(at: datetime) -> str:
    """UTC, ISO 8601, with Z."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
