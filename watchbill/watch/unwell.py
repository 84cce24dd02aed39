"""What is unwell with the site at this moment, each with what to do about it."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from paging.selectors import unwell_providers
from watchbill.watch import broker, clocks
from watchbill.watch.hearing import heard_until
from watchbill.watch.overdue import TOO_LATE, oldest_overdue
from watchbill.watch.pulse import silent_since

ENGINE, BROKER, PROVIDER, CLOCK, WEB = "engine", "broker", "provider", "clock", "web"


@dataclass(frozen=True, kw_only=True)
class Unwell:
    """`title` is all that an SMS says; `broken` the kinds of contact method by which nothing leaves."""

    kind: str
    began_at: datetime
    title: str
    what: str
    mend: str
    broken: frozenset[str] = frozenset()


def unwell(*, now: datetime, apart: timedelta) -> list[Unwell]:
    """`now` by the database's clock, which is `apart` from ours. Raises DatabaseError where the database does
    not answer: nobody can be told then, and the silence of the heartbeat is what tells.
    """
    return [*_engine(now), *_web(now), *_broker(now), *_providers(now), *_clock(now, apart)]


def _engine(now: datetime) -> Iterator[Unwell]:
    late = oldest_overdue(now=now)
    if late > TOO_LATE:
        yield Unwell(
            kind=ENGINE,
            began_at=now - late,
            title="Pages are late: what is due is not decided or sent in time",
            what=f"The oldest due row has waited for {late.total_seconds():.0f} s.",
            mend="See whether a worker or “manage.py engine” runs, and whether it keeps up; manage.py doctor "
            "says more. What is due is kept, and is done as soon as one does.",
        )
    elif (since := silent_since(now=now)) is not None:
        yield Unwell(
            kind=ENGINE,
            began_at=now,
            title="No engine runs: the next page would be late",
            what=f"Nothing has looked for due rows since {since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.",
            mend="Start a worker, or “manage.py engine”, which needs no broker.",
        )


def _web(now: datetime) -> Iterator[Unwell]:
    heard = heard_until()
    if heard is not None and now - heard > TOO_LATE:
        yield Unwell(
            kind=WEB,
            began_at=now,
            title="No web runs: no alert can come in",
            what=f"None has listened since {heard.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.",
            mend="Start the web. Heartbeats of sources count as silent only while one listens.",
        )


def _broker(now: datetime) -> Iterator[Unwell]:
    if broker.state() == broker.UNREACHABLE:
        yield Unwell(
            kind=BROKER,
            began_at=now,
            title="Redis does not answer",
            what="The broker does not answer: pages leave up to half a second later, and none is lost.",
            mend="See whether Redis runs, and whether REDIS_URL is right.",
        )


def _providers(now: datetime) -> Iterator[Unwell]:
    for one in unwell_providers(now=now):
        yield Unwell(
            kind=f"{PROVIDER}:{one.provider}",
            began_at=one.since,
            title=f"Provider “{one.provider}” takes no messages ({', '.join(sorted(one.kinds))})",
            what=f"It says: {one.error}",
            mend="Mend its account or its settings. What it does not take goes to the next provider or by "
            "the next method of each person.",
            broken=one.kinds,
        )


def _clock(now: datetime, apart: timedelta) -> Iterator[Unwell]:
    if abs(apart) > clocks.TOO_FAR:
        machine = socket.gethostname()
        yield Unwell(
            kind=f"{CLOCK}:{machine}"[:100],
            began_at=now,
            title=f"The clock of {machine} is wrong, or the database's",
            what=clocks.sentence(apart),
            mend="Run NTP on both machines.",
        )
