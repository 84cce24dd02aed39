"""What a rule that is not saved yet would have made of the alerts of the last days."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from escalation.core.cause import cause_of
from escalation.core.matching import Match, matches
from escalation.core.routing import Route, first_of
from escalation.core.severity import Grading
from escalation.loading import service_urgency
from escalation.models import Alert, Service
from paging.selectors import pages_about

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST = 5000
"""Alerts that are looked at: the newest."""
SHOWN = 20
BY_HAND = "Watchbill"
"""The source of what a person opened."""
NO_KEYS = ("heartbeat:", "call:")
"""With what the dedup keys of alerts begin that come by no routing key."""


@dataclass(frozen=True)
class Tally:
    """Of the `all` alerts of some days those that it would have matched. `taken`: of a routing rule, those of
    them that an earlier rule has. `pages`: of a suppress rule, those that would not have been made.
    """

    matched: int
    all: int
    taken: int = 0
    pages: int = 0


@dataclass(frozen=True)
class Outcome:
    """Where an alert is, how bad and how urgent."""

    service: str
    severity: str
    urgency: str

    def __str__(self) -> str:
        return f"{self.service}, {self.severity}, {self.urgency} urgency"


@dataclass(frozen=True)
class Tried:
    """One alert that it would have matched: what became of it, and what would have. `note` is for people."""

    alert: Alert
    was: Outcome
    would: Outcome | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class TryOut:
    """`first` are the newest SHOWN of those it would have matched. `capped`: there were more than MOST."""

    day: Tally
    week: Tally
    first: Sequence[Tried]
    capped: bool
    suppresses: bool = False

    @property
    def said(self) -> str:
        """In a sentence."""
        of_week = f"{self.week.matched} of the {self.week.all} in seven days"
        said = f"It would have matched {self.day.matched} of the {self.day.all} alerts of the last 24 hours, "
        return f"{said}{of_week}{self._besides()}."

    def _besides(self) -> str:
        if self.suppresses:
            pages = f"{self.week.pages} page{'' if self.week.pages == 1 else 's'}"
            saved = f"{pages}, {self.day.pages} in the last 24 hours" if self.week.pages else "no page"
            return f"; it would have saved {saved}"
        return f"; an earlier rule has {self.week.taken} of them" if self.week.taken else ""


def try_routing(
    *, service: Service, route: Route, to: Service | None, earlier: Sequence[Route], now: datetime
) -> TryOut:
    """A routing rule of `service` behind the rules `earlier`, against what came by its keys. As many queries
    for many alerts as for one. How bad an alert would have been is reckoned from how bad it was.
    """
    came = Q(service=service, origin=None) | Q(origin=service)
    rows, capped = _newest(came, now=now, by_key=True)
    fit = [row for row in rows if matches(route.match, row.labels)]
    taken = {row.pk for row in fit if first_of(earlier, row.labels) is not None}
    would = _would(service if to is None else to, route)
    first = [
        Tried(row, _was(row), None, "an earlier rule has it")
        if row.pk in taken
        else Tried(row, _was(row), would(row))
        for row in fit[:SHOWN]
    ]

    def tally(since: datetime) -> Tally:
        matched = [row.pk for row in _since(fit, since)]
        return Tally(len(matched), len(_since(rows, since)), taken=len(taken.intersection(matched)))

    return TryOut(day=tally(now - DAY), week=tally(now - WEEK), first=first, capped=capped)


def try_suppressing(*, service: Service, match: Match, severities: Collection[str], now: datetime) -> TryOut:
    """A suppress rule of `service`, against the alerts that it had. The pages are those of high urgency of
    incidents all of whose alerts it means: any other one would have paged all the same.
    """
    rows, capped = _newest(Q(service=service), now=now, by_key=False)
    fit = [row for row in rows if row.severity in severities and matches(match, row.labels)]
    quiet = {row.incident_id for row in fit} - {row.incident_id for row in _others(rows, fit)}
    pages = pages_about({cause_of(pk) for pk in quiet if pk is not None})
    first = [
        Tried(row, _was(row), None, _pages_in_words(pages.get(cause_of(row.incident_id or 0), 0)))
        if row.incident_id in quiet
        else Tried(row, _was(row), None, "pages all the same: its incident has other alerts")
        for row in fit[:SHOWN]
    ]

    def tally(since: datetime) -> Tally:
        matched = _since(fit, since)
        causes = {cause_of(row.incident_id or 0) for row in matched if row.incident_id in quiet}
        made = sum(pages.get(cause, 0) for cause in causes)
        return Tally(len(matched), len(_since(rows, since)), pages=made)

    return TryOut(day=tally(now - DAY), week=tally(now - WEEK), first=first, capped=capped, suppresses=True)


def _newest(where: Q, *, now: datetime, by_key: bool) -> tuple[list[Alert], bool]:
    """The newest MOST of the last week, newest first, and whether there were more."""
    rows: QuerySet[Alert] = Alert.objects.filter(where, first_event_at__gt=now - WEEK, incident__isnull=False)
    if by_key:
        rows = rows.exclude(source=BY_HAND)
        for prefix in NO_KEYS:
            rows = rows.exclude(dedup_key__startswith=prefix)
    only = ("labels", "severity", "summary", "first_event_at")
    found = list(
        rows.select_related("service", "incident")
        .only(*only, "service__name", "incident__urgency")
        .order_by("-pk")[: MOST + 1]
    )
    return found[:MOST], len(found) > MOST


def _would(service: Service, route: Route) -> Callable[[Alert], Outcome]:
    """What the rule, and then the service, would have made of an alert."""
    grading = Grading.from_json({}, service.severity_rules)

    def would(row: Alert) -> Outcome:
        stays = row.service_id == service.pk
        usual = row.severity if stays else grading.of(word="", labels=row.labels, usual=row.severity).severity
        severity = route.severity or usual
        urgency = route.urgency or service_urgency(service, severity, at=row.first_event_at)[0].value
        return Outcome(service.name, severity, urgency)

    return would


def _was(row: Alert) -> Outcome:
    urgency = row.incident.urgency if row.incident else ""
    return Outcome(row.service.name, row.severity, urgency)


def _since(rows: Sequence[Alert], since: datetime) -> list[Alert]:
    return [row for row in rows if row.first_event_at > since]


def _others(rows: Iterable[Alert], fit: Iterable[Alert]) -> Iterator[Alert]:
    known = {row.pk for row in fit}
    return (row for row in rows if row.pk not in known)


def _pages_in_words(pages: int) -> str:
    if not pages:
        return "paged nobody anyway"
    return f"would have paged nobody: {pages} page{'' if pages == 1 else 's'} less"
