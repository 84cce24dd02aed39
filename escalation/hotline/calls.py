"""A call to a hot line, from its first ring to the incident that it becomes if nobody takes it.

The phone company asks at each step, perhaps twice and perhaps after the caller has gone; each verb here may
be asked again and answers the same. Who is on call is read at each step.
"""

from datetime import datetime

import phonenumbers
from django.db import transaction

from escalation import intake
from escalation.core.hot_call import Candidate, whom_to_ring
from escalation.loading import policy_of
from escalation.models import Alert, HotCall, HotLine, Incident, Ring, Service
from escalation.sources.event import Action, Event, web_address
from escalation.targets import recipients, turns_of
from paging.selectors import voice_numbers
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

NO_NUMBER = "no verified number"
TAKEN = "took the call"
WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on a keypad: what Twilio gives for a number."""
OUTCOMES = {
    "no-answer": "no answer",
    "busy": "busy",
    "failed": "could not be called",
    "canceled": "the caller hung up",
    "completed": "answered, and did not take it",
    "answered": "answered, and did not take it",
}


def line_of(number: str) -> HotLine | None:
    return (
        HotLine.objects.select_related("service__policy")
        .filter(number=number, retired_at=None, service__retired_at=None)
        .first()
    )


def caller_of(written: str) -> str:
    """The number that calls, in E.164; empty where it is withheld, or no number."""
    if written in WITHHELD:
        return ""
    try:
        parsed = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


@transaction.atomic
def begin(*, line: HotLine, sid: str, caller: str, now: datetime) -> HotCall:
    """The call, on record from its first ring."""
    call, new = HotCall.objects.get_or_create(
        sid=sid, defaults={"line": line, "caller": caller, "began_at": now}
    )
    if new:
        _record(call, Verb.HOT_CALL_CAME, f"{_from(call)} called the on-call of {line.service}", now=now)
    return call


@transaction.atomic
def ring_next(*, call_id: int, after: int, now: datetime) -> tuple[Ring, str] | None:
    """Whom to ring after ring number `after` (0: the first), with their number; None when it is enough.

    Asked again, the same person, if they still have a number.
    """
    call = _locked(call_id)
    if call.taken_by_id or call.incident_id:
        return None
    again = call.rings.exclude(outcome=NO_NUMBER).filter(position__gt=after).order_by("position").first()
    if again is not None:
        number = voice_numbers([again.user_id]).get(again.user_id)
        return (again, number) if number and not again.outcome else None
    rings = list(call.rings.all())
    chosen = whom_to_ring(
        _candidates(call.line.service, now=now),
        asked={ring.user_id for ring in rings},
        rung=sum(ring.outcome != NO_NUMBER for ring in rings),
    )
    for passed in chosen.without_number:
        _add(call, passed, outcome=NO_NUMBER, now=now)
    if chosen.ring is None:
        return None
    return _add(call, chosen.ring, outcome="", now=now), chosen.ring.number


@transaction.atomic
def take(*, ring_id: int, now: datetime) -> bool:
    """Who was rung pressed the key: the call is theirs, unless it is over or somebody else's by now."""
    ring = Ring.objects.select_related("user").get(pk=ring_id)
    call = _locked(ring.call_id)
    if call.incident_id or call.taken_by_id not in {None, ring.user_id}:
        return False
    if call.taken_by_id is None:
        call.taken_by, call.taken_at = ring.user, now
        call.save(update_fields=["taken_by", "taken_at"])
        Ring.objects.filter(pk=ring.pk).update(outcome=TAKEN)
        by = Actor.person(ring.user, via="call")
        _record(call, Verb.HOT_CALL_TAKEN, f"took the call from {_from(call)}", now=now, by=by)
    return True


@transaction.atomic
def settle_ring(*, ring_id: int, status: str, now: datetime) -> HotCall:
    """The phone has stopped ringing; `status` is Twilio's DialCallStatus. Who took the call is known by the
    key they pressed: the status of one who listened and hung up is “completed”, too.
    """
    ring = Ring.objects.select_related("user").get(pk=ring_id)
    call = _locked(ring.call_id)
    outcome = OUTCOMES.get(status, "no answer")
    if Ring.objects.filter(pk=ring.pk, outcome="").update(outcome=outcome):
        _record(call, Verb.HOT_CALL_RANG, f"rang {ring.user} ({ring.because}): {outcome}", now=now)
    return call


@transaction.atomic
def leave(*, call_id: int, recording: str = "", seconds: str = "", now: datetime) -> HotCall:
    """The caller has gone without anybody. The call is an incident, with the message if there is one.

    A message that comes after the incident joins it.
    """
    call = _locked(call_id)
    if call.taken_by_id:
        return call
    heard = web_address(f"{recording}.mp3")[:1000] if recording else ""
    if call.incident is None:
        said = f"a message of {seconds} s" if heard and seconds.isdecimal() else "a message"
        call.incident = _open(call, heard, said=said if heard else "no message was left", now=now)
        call.recording = heard
        call.save(update_fields=["incident", "recording"])
    elif heard and not call.recording:
        call.recording = heard
        call.save(update_fields=["recording"])
        _join(call, call.incident, heard, now=now)
    return call


def _open(call: HotCall, heard: str, *, said: str, now: datetime) -> Incident:
    """Its severity is that of an alert whose source names none: better to wake somebody than to guess."""
    event = Event(
        action=Action.TRIGGER,
        dedup_key=f"call:{call.sid}",
        summary=f"A call from {_from(call)}: {said}",
        source=call.line.number,
        labels={"caller": call.caller} if call.caller else {},
        links=(("recording", heard),) if heard else (),
        alone=True,
    )
    by = Actor(f"{call.line.number} (call)")
    incident = intake.raise_alert(service=call.line.service, event=event, by=by, now=now)
    rings = [
        f"{ring.at:%H:%M:%S} UTC {ring}" for ring in call.rings.select_related("user").order_by("position")
    ]
    what = f"{_from(call)} called at {call.began_at:%H:%M:%S} UTC; " + (
        f"rang {'; '.join(rings)}" if rings else "nobody is on call"
    )
    data = {"hot_call": call.pk}
    lines = [
        Line(Verb.HOT_CALL_MISSED, subject, by, what, said, data)
        for subject in (("incident", incident.pk), ("hot_call", call.pk))
    ]
    record(lines, now=now)
    return incident


def _join(call: HotCall, incident: Incident, heard: str, *, now: datetime) -> None:
    for alert in Alert.objects.filter(service=call.line.service, dedup_key=f"call:{call.sid}"):
        Alert.objects.filter(pk=alert.pk).update(links=[*alert.links, ["recording", heard]])
    by, what = Actor(f"{call.line.number} (call)"), f"the caller left a message: {heard}"
    record([Line(Verb.HOT_CALL_RECORDED, ("incident", incident.pk), by, what)], now=now)


def _candidates(service: Service, *, now: datetime) -> list[Candidate]:
    """Who would be paged, in that order: the policy's first step, then the next."""
    targets = [target for step in policy_of(service).steps for target in step.targets]
    meant = recipients(targets, turns_of(targets).everybody, at=now)
    found = [one for one in meant if one.person]
    numbers = voice_numbers([one.user for one in found])
    return [Candidate(one.user, one.because, numbers.get(one.user, "")) for one in found]


def _add(call: HotCall, one: Candidate, *, outcome: str, now: datetime) -> Ring:
    position = call.rings.count() + 1
    ring = Ring.objects.create(
        call=call, position=position, user_id=one.user, because=one.because[:200], at=now, outcome=outcome
    )
    what = f"{'passed over' if outcome else 'rings'} {ring.user} ({one.because})"
    _record(call, Verb.HOT_CALL_RANG, f"{what}: {outcome}" if outcome else what, now=now)
    return ring


def _locked(call_id: int) -> HotCall:
    rows = HotCall.objects.select_for_update(of=("self",))
    return rows.select_related("line__service__policy", "incident").get(pk=call_id)


def _from(call: HotCall) -> str:
    return call.caller or "a withheld number"


def _record(call: HotCall, verb: Verb, what: str, *, now: datetime, by: Actor | None = None) -> None:
    actor = by or Actor(f"{call.line.number} (call)")
    record([Line(verb, ("hot_call", call.pk), actor, what)], now=now)
