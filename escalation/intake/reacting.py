"""What events do to incidents: open them, raise them, end them. In the caller's transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Q

from escalation import engine
from escalation.core.incident import Quiet, is_worse
from escalation.core.stimulus import Acknowledged, Repeated, Resolved, Stimulus, Triggered
from escalation.engine import Change, Opening
from escalation.intake.alerts import Upserted, link, upsert
from escalation.intake.matches import kept_by_rules, touch_matches, write_matches
from escalation.loading import closed_at, policy_of, service_urgency
from escalation.models import Alert, Incident, Service
from escalation.quiet.rules import Ruled, ruled
from escalation.sources.event import Action, Event
from paging.queue import nudge_on_commit
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

RECURS_WITHIN = timedelta(minutes=60)


class Reaction:
    """Of one service, by one sender, at `now`."""

    def __init__(self, service: Service, *, by: Actor, now: datetime) -> None:
        self._service = service
        self._by = by
        self._now = now
        self._ruled: Mapping[str, Ruled] = {}

    def to(self, events: Sequence[Event]) -> int:
        """Events of different keys, in the order of their keys, or one about a whole group. Returns the
        number of new incidents. In a number of statements that does not grow with them.

        The alerts are locked before their incidents, both in one order: two posts that name the same ones
        never wait for each other in a circle. So what triggers and what ends takes turns as the keys have it.
        """
        upserted: list[Upserted] = []
        acknowledged: list[Alert] = []
        resolved: list[Alert] = []
        for action, some in groupby(events, key=lambda event: event.action):
            match action:
                case Action.TRIGGER:
                    upserted += upsert(self._service, list(some), now=self._now)
                case Action.ACKNOWLEDGE:
                    acknowledged += self._open_alerts(list(some))
                case Action.RESOLVE:
                    resolved += self._open_alerts(list(some))
        events_of = {one.event.dedup_key: one.event for one in upserted}
        self._ruled = ruled(self._service, events_of, at=self._now)
        opened = self._open([one for one in upserted if one.incident is None])
        worse = self._repeat([one for one in upserted if one.incident is not None])
        self._end(resolved)
        rows = _locked({*worse, *(alert.incident_id or 0 for alert in (*acknowledged, *resolved))})
        changes = [
            *(self._change(rows[pk], repeated) for pk, repeated in worse.items()),
            *(self._change(row, Acknowledged()) for row in _rows_of(acknowledged, rows)),
            *(self._change(row, Resolved()) for row in self._over(resolved, rows)),
        ]
        for distinct in _each_once(changes):
            engine.apply_all(distinct, now=self._now)
        if changes or opened:
            nudge_on_commit()
        return opened

    def _change(self, row: Incident, stimulus: Stimulus) -> Change:
        return Change(row, stimulus, by=self._by)

    def _open_alerts(self, events: Sequence[Event]) -> list[Alert]:
        """Those that events speak of, locked. An unknown key is no error: there is nothing to do."""
        keys, groups = (
            Q(dedup_key__in=[event.dedup_key for event in events if not event.whole_group]),
            Q(group_key__in=[event.group_key for event in events if event.whole_group]),
        )
        rows = Alert.objects.select_for_update().filter(service=self._service, status=Alert.Status.OPEN)
        return list(rows.filter(keys | groups).order_by("dedup_key"))

    def _open(self, new: Sequence[Upserted]) -> int:
        if not new:
            return 0
        recurred = set(
            Alert.objects.filter(
                service=self._service,
                dedup_key__in=[one.event.dedup_key for one in new],
                resolved_at__gte=self._now - RECURS_WITHIN,
            ).values_list("dedup_key", flat=True)
        )
        incidents = engine.open_incidents(
            service=self._service,
            policy=policy_of(self._service),
            openings=[
                Opening(
                    title=one.event.summary,
                    stimulus=self._triggered(one.event),
                    recurred=one.event.dedup_key in recurred,
                )
                for one in new
            ],
            by=self._by,
            now=self._now,
        )
        link({one.alert: incident for one, incident in zip(new, incidents, strict=True)})
        kept = {one.alert: self._ruled.get(one.event.dedup_key) for one in new}
        write_matches({alert: one for alert, one in kept.items() if one is not None}, now=self._now)
        return len(incidents)

    def _triggered(self, event: Event) -> Triggered:
        urgency, raise_at = service_urgency(self._service, event.severity, at=self._now)
        quiet = self._quiet(event)
        return Triggered(severity=event.severity, urgency=urgency, raise_at=raise_at, quiet=quiet)

    def _quiet(self, event: Event) -> Quiet | None:
        """What keeps this event from paging, if it came as a new one; of several, what ends last."""
        found = self._ruled.get(event.dedup_key)
        return found.quiet if found else None

    def _repeat(self, known: Sequence[Upserted]) -> dict[int, Repeated]:
        """One more event of an open alert: counted and written down. Returns, by incident, what is worse, and
        whatever comes of one that a rule keeps quiet: its labels may have changed.
        """
        self._record(
            Verb.ALERT_REPEATED,
            [(one.incident or 0, f"the alert fired again ({one.count} times so far)") for one in known],
        )
        worse: dict[int, Repeated] = {}
        kept = self._kept(known)
        for one in known:
            severity = one.event.severity
            is_news = is_worse(severity, than=one.severity)
            if is_news:
                Alert.objects.filter(pk=one.alert).update(severity=severity)
            if is_news or one.incident in kept:
                new = self._triggered(one.event)
                said = Repeated(
                    severity=severity, urgency=new.urgency, raise_at=new.raise_at, quiet=new.quiet
                )
                worse[one.incident or 0] = _louder(worse.get(one.incident or 0), said)
        return worse

    def _kept(self, known: Sequence[Upserted]) -> Collection[int]:
        """The incidents that a rule keeps quiet. No query where the service has none."""
        if not (self._service.has_rules and known):
            return ()
        kept = kept_by_rules([one.incident or 0 for one in known])
        means = {
            one.alert: self._ruled[one.event.dedup_key]
            for one in known
            if one.incident in kept and one.event.dedup_key in self._ruled
        }
        if means:
            write_matches(means, now=self._now, new=False)  # by other rules than before, perhaps
            touch_matches(means, now=self._now)
        return kept

    def _end(self, alerts: Sequence[Alert]) -> None:
        if alerts:
            Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(**closed_at(self._now))

    def _over(self, alerts: Sequence[Alert], rows: Mapping[int, Incident]) -> list[Incident]:
        """Which incidents end with these alerts: those of which none is left open. That is asked under the
        incident's lock: of two alerts that resolve at once, the second sees the first.
        """
        if not alerts:
            return []
        ended = {alert.incident_id or 0: alert for alert in alerts}
        left = Alert.objects.filter(incident__in=list(ended), status=Alert.Status.OPEN)
        going_on = set(left.values_list("incident_id", flat=True))
        said = [
            (alert.incident_id or 0, f"one alert resolved: {alert.summary}")
            for alert in alerts
            if alert.incident_id in going_on
        ]
        self._record(Verb.ALERT_RESOLVED, said)
        return [rows[pk] for pk in ended if pk not in going_on]

    def _record(self, verb: Verb, said: Sequence[tuple[int, str]]) -> None:
        if said:
            record([Line(verb, ("incident", pk), self._by, what) for pk, what in said], now=self._now)


def _louder(one: Repeated | None, other: Repeated) -> Repeated:
    """Of two events of one incident, the one that would page; of two alike, the worse."""
    if one is None or (one.quiet is None) != (other.quiet is None):
        return one if one is not None and one.quiet is None else other
    return one if is_worse(one.severity, than=other.severity) else other


def _locked(pks: Collection[int]) -> dict[int, Incident]:
    """By id, in whose order they are locked."""
    if not pks:
        return {}
    rows = Incident.objects.select_for_update(of=("self",)).select_related("service", "service__team")
    return {row.pk: row for row in rows.filter(pk__in=pks).order_by("pk")}


def _rows_of(alerts: Sequence[Alert], rows: Mapping[int, Incident]) -> list[Incident]:
    return [rows[pk] for pk in dict.fromkeys(alert.incident_id or 0 for alert in alerts)]


def _each_once(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Several changes of one incident come one after the other."""
    left = list(changes)
    while left:
        firsts = {change.row.pk: change for change in reversed(left)}
        yield list(firsts.values())[::-1]
        left = [change for change in left if firsts[change.row.pk] is not change]
