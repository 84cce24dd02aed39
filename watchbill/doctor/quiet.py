"""Checks of what keeps services from paging: no silence should be longer than somebody meant."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from escalation.core.maintenance import share
from escalation.loading import window_of
from escalation.quiet.showing import windows
from oncall.core.finding import Finding, warning

LONG = timedelta(days=1)
AHEAD = timedelta(days=28)
MUCH = 0.5


def maintenance(now: datetime) -> Iterator[Finding]:
    rows = windows(now=now).order_by("service__name", "pk")
    for name, some in groupby(rows, key=lambda row: row.service.name):
        cores = [window_of(row) for row in some]
        for window in cores:
            span = window.running(now) or window.next(now)
            if span is not None and span.end - span.start > LONG:
                yield warning(
                    f"Service “{name}” pages nobody for {(span.end - span.start) / LONG:.1f} days from "
                    f"{span.start:%Y-%m-%d %H:%M} UTC: {window.said}.",
                    "End it as soon as the work is done.",
                )
        silent = share([core for core in cores if core.repeat], now, now + AHEAD)
        if silent > MUCH:
            yield warning(
                f"Service “{name}” is in recurring maintenance for {silent:.0%} of the next 28 days.",
                "Make its windows shorter, or cancel one.",
            )


CHECKS = (maintenance,)
