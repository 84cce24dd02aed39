"""What was received, held against what was promised. It knows the policies as they are written down beside
the document (`tests.chaos.organisation`), and nothing of the code that it looks at.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.organisation import person_of

IN_FLIGHT = 2.0
"""Seconds after the end of an incident in which a message may still arrive: it was in somebody's hands."""
HANGING = 10.0
"""The same where a provider hangs: whoever waits for it gives up after 8."""


@dataclass
class Verdict:
    """Of the incidents of one fault. `untaken` never got a 202, however often they were posted.

    Pairs of a title and a person: `lost`, whom it should have reached and did not; `duplicates`, by which
    way; `after_receipt`, those of them whose first one a phone had; `after_end`, with how many seconds.
    `elsewhere` counts answers that another web took than the one that had taken the alert.
    Lateness in seconds: `first` of each first message after the 202, `steps` of each next one after it was
    due.
    """

    incidents: int = 0
    untaken: list = field(default_factory=list)
    lost: list = field(default_factory=list)
    duplicates: list = field(default_factory=list)
    after_receipt: list = field(default_factory=list)
    after_end: list = field(default_factory=list)
    first: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    elsewhere: int = 0

    @property
    def latest(self):
        return max([*self.first, *self.steps], default=0.0)


class Audit:
    """`taken` is what the mail server and the phone company wrote down, in any order."""

    def __init__(self, incidents, taken):
        self._incidents = incidents
        self._taken = taken = sorted(taken, key=lambda one: one.at)
        self._pages = [one for one in taken if one.pages]
        self._receipts = {one.id: one.at for one in taken if one.via == "receipt"}
        self._told = defaultdict(dict)
        for one in self._pages:
            for title in one.titles:
                self._told[title].setdefault(person_of(one.to), one.at)

    def unreached(self, incident):
        """Whom it should have reached and did not."""
        return [who for rung in self._owed(incident) for who in self._missing(incident, rung)]

    def verdicts(self, hanging=()):
        """By fault. Of the faults in `hanging`, a message may have been in somebody's hands for long."""
        found = defaultdict(Verdict)
        for incident in self._incidents:
            verdict = found[incident.fault]
            verdict.incidents += 1
            if not incident.accepted_at:
                verdict.untaken.append(incident.title)
                continue
            verdict.elsewhere += incident.ended_by not in {"", incident.taken_by}
            verdict.lost += [(incident.title, who) for who in self.unreached(incident)]
            self._time(incident, verdict)
        self._find_duplicates(found)
        self._find_late_ones(found, hanging)
        return found

    def notices_twice(self):
        """Message-IDs of what pages nobody and came more than once: one message, handed over twice."""
        came = Counter(one.id for one in self._taken if one.via == "mail" and not one.pages)
        return [name for name, times in came.items() if times > 1]

    def _owed(self, incident):
        """The steps that nothing has stopped."""
        if not incident.ended_at:
            return incident.service.rungs
        if incident.end == "resolved":
            return ()
        return [rung for rung in incident.service.rungs if rung.outside]

    def _missing(self, incident, rung):
        told = self._told[incident.title]
        if rung.turn is None:
            return [person_of(who) for who in rung.who if person_of(who) not in told]
        one_of = [person_of(who) for who in self._on_call(incident, rung.turn)]
        return [] if any(who in told for who in one_of) else [" or ".join(one_of)]

    def _on_call(self, incident, turn):
        """Who may have been meant: both where it was paged about the time of the handoff."""
        before = self._told[incident.title].get(person_of(turn.before))
        if incident.accepted_at >= turn.at:
            return (turn.after,)
        if before is not None and before < turn.at:
            return (turn.before,)
        return (turn.before, turn.after)

    def _time(self, incident, verdict):
        """Only what came at all is late."""
        came = []
        for rung in incident.service.rungs:
            who = rung.who or (rung.turn.before, rung.turn.after)
            at = [self._told[incident.title].get(person_of(one)) for one in who]
            at = [one for one in at if one is not None]
            if at and not rung.outside:
                came.append((rung.after, min(at)))
        if came and came[0][0] == 0:
            verdict.first.append(max(0.0, came[0][1] - incident.accepted_at))
        for (after, at), (next_after, next_at) in pairwise(came):
            verdict.steps.append(max(0.0, next_at - at - (next_after - after)))

    def _find_duplicates(self, found):
        """A message that says nothing new to whom it is sent."""
        faults = {incident.title: incident.fault for incident in self._incidents}
        before = {}
        for one in self._pages:
            who = person_of(one.to)
            said = [title for title in one.titles if title in faults]
            again = [title for title in said if (title, who) in before]
            if said and len(again) == len(said):
                verdict = found[faults[again[0]]]
                verdict.duplicates.append((again[0], who, one.via))
                earlier = before[again[0], who]
                if self._receipts.get(earlier.id, one.at) < one.at:
                    verdict.after_receipt.append((again[0], who))
            for title in said:
                before.setdefault((title, who), one)

    def _find_late_ones(self, found, hanging):
        ended = {one.title: one for one in self._incidents if one.ended_at}
        for one in self._pages:
            for title in one.titles:
                incident = ended.get(title)
                if incident is None or self._still_owed(incident, one):
                    continue
                after = one.at - incident.ended_at
                if after > (HANGING if incident.fault in hanging else IN_FLIGHT):
                    found[incident.fault].after_end.append((title, person_of(one.to), round(after, 1)))

    def _still_owed(self, incident, taken):
        """What stands outside the steps may come after an acknowledgement."""
        who = person_of(taken.to)
        outside = [rung for rung in incident.service.rungs if rung.outside and incident.end == "acknowledged"]
        return any(who == person_of(one) for rung in outside for one in rung.who)
