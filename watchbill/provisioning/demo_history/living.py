"""One incident, lived through: what the machine of the engine decides, whom it pages, who answers.

Nothing is written. The rows are made as they are to be written, but for what only a written incident has: its
number, which stands in its pages and in its lines.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from escalation import wording
from escalation.core import flapping
from escalation.core.cause import cause_of
from escalation.core.decision import Event, Note, PageTargets, StopPaging
from escalation.core.incident import Status
from escalation.core.label import IN_WORDS
from escalation.core.machine import decide, opening
from escalation.core.policy import Target
from escalation.core.stimulus import Acknowledged, Active, Resolved, StepRan, Stimulus, Ticked, Triggered
from escalation.core.turns import Turns
from escalation.core.unheard import ends_at
from escalation.loading import put_state, service_urgency
from escalation.models import Alert, Incident
from escalation.targets import Recipient
from escalation.telling import notice_of
from paging.actions import timeline
from paging.core.message import Facts
from paging.core.notice import Notice
from paging.core.rules import INFO
from paging.models import Page
from people.ledger.record import ENGINE, Actor, Line
from people.ledger.verbs import Verb
from people.models import User
from watchbill.provisioning.demo_history.happening import Happening
from watchbill.provisioning.demo_history.sending import Asked, Said, asked
from watchbill.provisioning.demo_history.world import World

PROMETHEUS = Actor("prometheus (alertmanager)")
RECURS_WITHIN = timedelta(minutes=60)
AT_LAST = datetime(9000, 1, 1, tzinfo=UTC)


class Life:
    """What is left of it: `row`, `alert`, `asked`, and the timeline in `said`, in order of time."""

    def __init__(self, happening: Happening, world: World) -> None:
        self._told, self._world = happening, world
        signal = happening.signal
        self._service = world.services[signal.service]
        self._policy = world.policies[signal.service]
        self.asked: list[Asked] = []
        self.said: list[Said] = []
        self._open()
        self._answer()
        self._end()
        self._leave(before=AT_LAST)
        self.said.sort(key=lambda one: one[0])

    def _open(self) -> None:
        told, signal = self._told, self._told.signal
        past = self._world.ended.setdefault(f"{signal.service} {signal.key}", [])
        lately = [at for at in past if at > told.at - flapping.WITHIN]
        recurred = bool(lately) and max(lately) >= told.at - RECURS_WITHIN
        urgency, raise_at = service_urgency(self._service, signal.severity, at=told.at)
        first = Triggered(severity=signal.severity, urgency=urgency, raise_at=raise_at)
        self.row = Incident(
            service=self._service,
            title=signal.summary,
            policy=self._policy.to_json(),
            recurred=recurred,
            episodes=1 + len(lately),
            triggered_at=told.at,
            turn=Incident.Turn.FIRST,
        )
        self.alert = Alert(
            service=self._service,
            incident=self.row,
            dedup_key=signal.key,
            severity=signal.severity,
            summary=signal.summary,
            source="prometheus",
            labels=signal.labels,
            began_at=told.began,
            first_event_at=told.at,
            last_event_at=told.at,
        )
        self._state, decisions = decide(opening(first), self._policy, first, told.at)
        put_state(self.row, self._state, self._policy)
        again = "the same alert was resolved within the hour" if recurred else ""
        why = "; ".join(part for part in (again, flapping.in_words(self.row.episodes)) if part)
        for note in decisions:
            if isinstance(note, Note):
                self._note(note, told.at, by=PROMETHEUS, why=why if note.event is Event.TRIGGERED else "")
        past.append(told.end)

    def _answer(self) -> None:
        told = self._told
        if told.answered is not None:
            at = told.at + told.answered
            self._wait(until=at)
            self._responder = self._who(at)
            self._feed(Acknowledged(self._responder.pk), at, by=self._by)
        for after, text in told.notes:
            self._wait(until=told.at + after)
            self._write(Verb.INCIDENT_NOTE, f"noted: {text}", told.at + after)
            self._feed(Active(), told.at + after, by=self._by)

    def _end(self) -> None:
        told = self._told
        self._wait(until=told.end)
        if told.answered is None:
            self._responder = self._who(told.end)
        self.alert.status, self.alert.resolved_at = Alert.Status.RESOLVED, told.end
        self._feed(Resolved(), told.end, by=PROMETHEUS if told.by_source else self._by)
        if told.label is not None and told.labelled is not None:
            at = told.at + told.labelled
            self.row.label, self.row.labelled_at, self.row.labelled_by = told.label, at, self._responder
            self._write(Verb.INCIDENT_LABELLED, f"labelled it: {IN_WORDS[told.label]}", at)

    @property
    def _by(self) -> Actor:
        return Actor.person(self._responder, via=self._told.door)

    def _who(self, at: datetime) -> User:
        """Who was paged last; where nobody was, who would have been the first."""
        paged = [one.page.user for one in self.asked if one.page.urgency != INFO]
        return (
            paged[-1] if paged else self._world.users[self._meant(self._policy.steps[0].targets, at)[0].user]
        )

    def _meant(self, targets: Sequence[Target], at: datetime) -> list[Recipient]:
        return self._world.on_call.recipients(targets, Turns({}).everybody, at=at)

    def _wait(self, *, until: datetime) -> None:
        """The engine looks at it whenever it is due."""
        while (due := self._state.wake_at(self._policy)) is not None and due <= until:
            self._feed(Ticked(), due, by=ENGINE)

    def _feed(self, stimulus: Stimulus, at: datetime, *, by: Actor) -> None:
        """As `escalation.engine.applying` does it."""
        waiting = deque([stimulus])
        while waiting:
            self._state, decisions = decide(self._state, self._policy, waiting.popleft(), at)
            for decision in decisions:
                match decision:
                    case Note():
                        self._note(decision, at, by=by)
                    case StopPaging(reason):
                        self._stop(reason, at)
                    case PageTargets():
                        found = self._page(decision, at)
                        number = decision.number if decision.outside else None
                        waiting.append(StepRan(bool(found), number, told=bool(found)))
                    case _:
                        raise ValueError(f"In the demo's past nobody comes to this: {decision}.")
            due = self._state.wake_at(self._policy)
            if not waiting and due is not None and due <= at:
                waiting.append(Ticked())
        put_state(self.row, self._state, self._policy)
        after = self._service.auto_resolve_after
        self.row.resolve_at = ends_at(self._state, self._policy, after=after, heard=at)
        self._mark(at, by=by)

    def _mark(self, at: datetime, *, by: Actor) -> None:
        row = self.row
        if self._state.status is Status.TRIGGERED:
            row.acknowledged_at, row.acknowledged_by = None, None
        elif self._state.status is Status.ACKNOWLEDGED and row.acknowledged_at is None:
            row.acknowledged_at, row.acknowledged_by = at, by.user
            self._tell(at, by=by)
        elif self._state.status is Status.RESOLVED:
            row.resolved_at, row.resolved_by = at, by.user
            self._tell(at, by=by)

    def _page(self, decision: PageTargets, at: datetime) -> list[Recipient]:
        reason = wording.step_reason(decision)
        found = [one for one in self._meant(decision.targets, at) if one.user not in decision.without]
        for one in found:
            because = f"{one.because}, {reason}"
            says = self._facts(because, decision.valid_for)
            self._ask(one.user, at, run=decision.run, urgency=self.row.urgency, says=says)
        return found

    def _facts(self, because: str, valid_for: timedelta) -> Callable[[], Facts]:
        return lambda: wording.facts(self.row, self.alert, because=because, valid_for=valid_for)

    def _tell(self, at: datetime, *, by: Actor) -> None:
        """Those who were paged hear of it, but for who did it."""
        self._leave(before=at)
        status, doer = self._state.status, by.user.pk if by.user else None
        paged = {one.page.user_id for one in self.asked if one.page.urgency != INFO and one.has_left}
        for user in sorted(paged - {doer}):
            self._ask(user, at, run=f"told.{status}", urgency=INFO, says=lambda: self._notice(status, by))

    def _notice(self, status: Status, by: Actor) -> Notice:
        row = self.row
        then = Incident(
            pk=row.pk,
            service=row.service,
            title=row.title,
            severity=row.severity,
            urgency=row.urgency,
            status=status,
        )
        return notice_of(then, did=status, by=by)

    def _ask(
        self, user: int, at: datetime, *, run: str, urgency: str, says: Callable[[], Facts | Notice]
    ) -> None:
        world = self._world
        page = Page(
            user=world.users[user],
            run=run,
            urgency=urgency,
            service=self._service.name,
            created_at=at,
        )
        moments = world.moments(user, urgency)
        one = asked(page, moments, says=says, contacts=world.contacts.__getitem__, chance=world.chance)
        self.asked.append(one)
        self.said.append((at, one.begun))

    def _stop(self, reason: str, at: datetime) -> None:
        self._leave(before=at)
        running = [one for one in self.asked if one.page.stopped_at is None]
        unsent = sum(one.stop(at=at, reason=reason) for one in running)
        pages = [one.page for one in running]
        self.said.append((at, lambda: timeline.stopped(pages, unsent=unsent, reason=reason)))

    def _leave(self, *, before: datetime) -> None:
        for one in self.asked:
            self.said.extend(one.leave(before=before, chance=self._world.chance))

    def _note(self, note: Note, at: datetime, *, by: Actor, why: str = "") -> None:
        actor = wording.actor_of(note, by)
        self.said.append((at, lambda: wording.line(self.row, note, by=actor, why=why)))

    def _write(self, verb: Verb, what: str, at: datetime) -> None:
        by = self._by
        self.said.append((at, lambda: Line(verb, ("incident", self.row.pk), by, what)))

    def numbered(self) -> list[Asked]:
        """Its pages, once it is written and has a number."""
        for one in self.asked:
            one.page.cause = cause_of(self.row.pk)
            one.page.facts = one.says().to_json()
        return self.asked
