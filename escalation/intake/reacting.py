"""What events do to incidents: open them, raise them, end them. In the caller's transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Count, Max, Q

from escalation import engine
from escalation.core import flapping
from escalation.core.incident import Quiet, Urgency, is_worse
from escalation.core.severity import Grading
from escalation.core.stimulus import Acknowledged, Joined, Repeated, Resolved, Stimulus, Triggered
from escalation.engine import Change, Opening
from escalation.intake import grouping
from escalation.intake.alerts import FIRED_AGAIN, Upserted, link, upsert
from escalation.intake.grouping import Party, reasons
from escalation.intake.matches import kept_by_rules, touch_matches, write_matches
from escalation.loading import closed_at, policy_of, service_urgency
from escalation.models import Alert, Incident, Service
from escalation.quiet.rules import Ruled, ruled
from escalation.quiet.windows import hold_still, in_maintenance
from escalation.sources.event import Action, Event
from paging.queue import nudge_on_commit
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

RECURS_WITHIN = timedelta(minutes=60)
TRIES = 5
"""So often an intake may find that the incident of its group was opened, and ended, just before it."""


@dataclass(frozen=True)
class Past:
    """How often a key came within a day before, and whether it was resolved a moment ago."""

    episodes: int = 0
    recurred: bool = False


class Reaction:
    """Of one service, by one sender, at `now`."""

    def __init__(self, service: Service, *, by: Actor, now: datetime) -> None:
        self._service = service
        self._by = by
        self._now = now
        self._grading = Grading.from_json(service.severities, service.severity_rules)
        self._ruled: Mapping[str, Ruled] = {}

    def to(self, events: Sequence[Event]) -> int:
        """Events of different keys, in the order of their keys, or one about a whole group. Returns the
        number of new incidents. In a number of statements that does not grow with them.

        The alerts are locked before their incidents, both in one order: two posts that name the same ones
        never wait for each other in a circle. So what triggers and what ends takes turns as the keys have it.
        """
        self.hold()
        upserted: list[Upserted] = []
        acknowledged: list[Alert] = []
        resolved: list[Alert] = []
        for action, some in groupby(events, key=lambda event: event.action):
            match action:
                case Action.TRIGGER:
                    graded = [self.graded(event) for event in some]
                    upserted += upsert(self._service, graded, now=self._now)
                case Action.ACKNOWLEDGE:
                    acknowledged += self._open_alerts(list(some))
                case Action.RESOLVE:
                    resolved += self._open_alerts(list(some))
        events_of = {one.event.dedup_key: one.event for one in upserted}
        self._ruled = ruled(self._service, events_of, at=self._now)
        new = [one for one in upserted if one.incident is None]
        parties = grouping.parties(self._service, new, apart=self._ruled)
        worse = self._repeat([one for one in upserted if one.incident is not None])
        self._end(resolved)
        spoken_of = {*worse, *(alert.incident_id or 0 for alert in (*acknowledged, *resolved))}
        rows = _locked(spoken_of, grouping.standing(self._service, parties))
        joined, opened = self._settle(parties, rows)
        changes = [
            *joined,
            *(self._change(rows[pk], repeated) for pk, repeated in worse.items()),
            *(self._change(row, Acknowledged()) for row in _rows_of(acknowledged, rows)),
            *(self._change(row, Resolved()) for row in self._over(resolved, rows)),
        ]
        for distinct in _each_once(changes):
            engine.apply_all(distinct, now=self._now)
        if changes or opened:
            nudge_on_commit()
        return opened

    def hold(self) -> None:
        """Before anything is locked, also of another service in the same transaction: what keeps it quiet."""
        _ = self._maintenance

    def graded(self, event: Event) -> Event:
        """With the severity that a routing rule gives it, or else this service."""
        if event.routed is not None and event.routed.severity:
            return replace(event, severity=event.routed.severity)
        found = self._grading.of(word=event.word, labels=event.labels, usual=event.severity)
        return replace(event, severity=found.severity, graded=found.why)

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

    def _settle(self, parties: Sequence[Party], rows: dict[int, Incident]) -> tuple[list[Change], int]:
        """Each new alert gets its incident: an open one, which comes back as a change, or a new one, which is
        counted. `rows` are locked; what is found and locked besides is put there.
        """
        if not parties:
            return [], 0
        past = self._past(parties)
        for _ in range(TRIES):
            known = grouping.open_to(rows, parties, self._service, now=self._now)
            opening = [party for party in parties if party.name not in known]
            try:
                opened = self._open(opening, past)
            except IntegrityError:
                standing = grouping.standing(self._service, opening)
                if standing is None:
                    raise
                rows |= _locked((), standing, besides=rows)  # somebody else has just opened one: join it
                continue
            joining = [(party, known[party.name]) for party in parties if party.name in known]
            return self._join(joining, past), opened
        raise OperationalError(f"{self._service} opens and ends incidents of one group too fast to keep up.")

    def _open(self, parties: Sequence[Party], past: Mapping[str, Past]) -> int:
        if not parties:
            return 0
        openings = [self.opening(party, past) for party in parties]
        with transaction.atomic() if any(party.name for party in parties) else nullcontext():
            incidents = engine.open_incidents(
                service=self._service,
                policy=policy_of(self._service),
                openings=openings,
                by=self._by,
                now=self._now,
            )
        self._link(list(zip(parties, incidents, strict=True)))
        return len(incidents)

    def opening(self, party: Party, past: Mapping[str, Past]) -> Opening:
        leader = party.leader.event
        before = [past.get(one.event.dedup_key, Past()) for one in party.alerts]
        recurred = any(one.recurred for one in before)
        episodes = 1 + max(one.episodes for one in before)
        again = "the same alert was resolved within the hour" if recurred else ""
        together = f"{len(party.alerts)} alerts of one group" if len(party.alerts) > 1 else ""
        return Opening(
            title=leader.summary,
            stimulus=self._triggered(leader),
            recurred=recurred,
            episodes=episodes,
            alert_count=len(party.alerts),
            grouped_as=party.name,
            why="; ".join(w for w in (*reasons(leader), together, again, flapping.in_words(episodes)) if w),
        )

    def _join(self, joining: Sequence[tuple[Party, Incident]], past: Mapping[str, Past]) -> list[Change]:
        if not joining:
            return []
        self._link(joining)
        record([one for joined in joining for one in grouping.lines(*joined, by=self._by)], now=self._now)
        changes = []
        for party, row in joining:
            row.alert_count += len(party.alerts)
            times = [past.get(one.event.dedup_key, Past()).episodes for one in party.alerts]
            row.episodes = max(row.episodes, 1 + max(times))
            triggered = self._triggered(party.leader.event)
            stimulus = Joined(
                severity=triggered.severity,
                urgency=triggered.urgency,
                raise_at=triggered.raise_at,
                quiet=triggered.quiet,
            )
            changes.append(self._change(row, stimulus))
        return changes

    def _link(self, found: Sequence[tuple[Party, Incident]]) -> None:
        incidents = {one.alert: incident for party, incident in found for one in party.alerts}
        if incidents:
            link(incidents)
        kept = {one.alert: self._ruled.get(one.event.dedup_key) for party, _ in found for one in party.alerts}
        write_matches({alert: one for alert, one in kept.items() if one is not None}, now=self._now)

    def _past(self, parties: Sequence[Party]) -> dict[str, Past]:
        """By dedup key, of those that came and went before."""
        keys = [one.event.dedup_key for party in parties for one in party.alerts]
        before = Alert.objects.filter(
            service=self._service, dedup_key__in=keys, resolved_at__gt=self._now - flapping.WITHIN
        )
        found = before.order_by().values_list("dedup_key").annotate(Count("pk"), Max("resolved_at"))
        lately = self._now - RECURS_WITHIN
        return {key: Past(episodes, recurred=last >= lately) for key, episodes, last in found}

    def _triggered(self, event: Event) -> Triggered:
        urgency, raise_at = service_urgency(self._service, event.severity, at=self._now)
        if event.routed is not None and event.routed.urgency:
            urgency, raise_at = Urgency(event.routed.urgency), None
        quiet = self._quiet(event)
        return Triggered(severity=event.severity, urgency=urgency, raise_at=raise_at, quiet=quiet)

    def _quiet(self, event: Event) -> Quiet | None:
        """What keeps this event from paging, if it came as a new one; of several, what ends last."""
        ruled = self._ruled.get(event.dedup_key)
        found = [quiet for quiet in (self._maintenance, ruled.quiet if ruled else None) if quiet is not None]
        return max(found, key=lambda quiet: quiet.until, default=None)

    @cached_property
    def _maintenance(self) -> Quiet | None:
        """What keeps the service quiet now; a service without windows is not asked. Looked at again once it
        cannot change any more: a window that is just being ended must not keep quiet what nobody will start.
        """
        if self._ask() is None:
            return None
        hold_still(self._service.pk)
        return self._ask()

    def _ask(self) -> Quiet | None:
        return in_maintenance([self._service], at=self._now).get(self._service.pk)

    def _repeat(self, known: Sequence[Upserted]) -> dict[int, Repeated]:
        """One more event of an open alert: counted and written down. Returns, by incident, what is worse, and
        whatever comes of one that a rule keeps quiet: its labels may have changed.
        """
        self._record(
            Verb.ALERT_REPEATED,
            [(one.incident or 0, FIRED_AGAIN.format(one.count)) for one in known],
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


def _locked(
    pks: Collection[int], more: Q | None = None, *, besides: Collection[int] = ()
) -> dict[int, Incident]:
    """Those of `pks`, and those of which `more` is true, but for the ones of `besides`. By id, in whose order
    they are locked.
    """
    if not pks and more is None:
        return {}
    wanted = Q(pk__in=pks) if more is None else Q(pk__in=pks) | more
    rows = Incident.objects.select_for_update(of=("self",)).select_related("service", "service__team")
    return {row.pk: row for row in rows.filter(wanted).exclude(pk__in=besides).order_by("pk")}


def _rows_of(alerts: Sequence[Alert], rows: Mapping[int, Incident]) -> list[Incident]:
    return [rows[pk] for pk in dict.fromkeys(alert.incident_id or 0 for alert in alerts)]


def _each_once(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Several changes of one incident come one after the other."""
    left = list(changes)
    while left:
        firsts = {change.row.pk: change for change in reversed(left)}
        yield list(firsts.values())[::-1]
        left = [change for change in left if firsts[change.row.pk] is not change]
