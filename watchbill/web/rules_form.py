"""Notification rules as a form: rows of one kind and one delay, edited in place, with no framework.

The rows of an urgency are its fields `high-via` and `high-after`, once for each row, in order. `act` says
what to do: save, look, `add:high`, `remove:high:2`, `preset:ring`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.http import QueryDict

from paging.actions.contacts import LONGEST_WAIT, MOST_RULES
from paging.core.rules import HIGH, LOW, Rule
from paging.models import ContactMethod

URGENCIES = (HIGH, LOW)
MINUTES = re.compile(r"[0-9]{1,4}([.,][0-9]{1,3})?")
MINUTE = timedelta(minutes=1)
Minutes = Mapping[str, Sequence[tuple[str, int]]]  # by urgency: a kind of method, and after how many minutes
PRESETS: Mapping[str, tuple[str, Minutes]] = {
    "ring": (
        "A text, then a call",
        {HIGH: [("sms", 0), ("email", 0), ("voice", 2)], LOW: [("email", 0)]},
    ),
    "twice": (
        "A call at once, and again",
        {HIGH: [("voice", 0), ("sms", 0), ("voice", 3)], LOW: [("sms", 0)]},
    ),
    "all": ("Everything at once", {HIGH: [], LOW: []}),
}


@dataclass(frozen=True)
class Row:
    """As it was typed: a kind, and minutes."""

    via: str = ""
    after: str = "0"
    fault: str = ""

    @property
    def rule(self) -> Rule | None:
        """None where it says nothing, or nonsense."""
        if not self.via or self.fault:
            return None
        return Rule(self.via, timedelta(minutes=float(self.after.replace(",", ".") or 0)))


@dataclass
class Draft:
    """The rules on a form, saved or not, by urgency."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        return list(dict.fromkeys(row.fault for rows in self.rows.values() for row in rows if row.fault))

    def rules(self, urgency: str) -> list[Rule]:
        found = [rule for row in self.rows.get(urgency, ()) if (rule := row.rule)]
        return sorted(found, key=lambda rule: rule.after)

    def act(self, act: str) -> bool:
        """Do what a button asks of the rows; False where it asks for something else."""
        verb, _, rest = act.partition(":")
        urgency, _, place = rest.partition(":")
        if verb == "preset" and rest in PRESETS:
            self.rows = {
                one: [Row(via, str(after)) for via, after in PRESETS[rest][1][one]] for one in URGENCIES
            }
        elif verb == "add" and urgency in URGENCIES and len(self.rows[urgency]) < MOST_RULES:
            self.rows[urgency].append(Row())
        elif verb == "remove" and urgency in URGENCIES:
            self.rows[urgency] = [row for n, row in enumerate(self.rows[urgency]) if str(n) != place]
        else:
            return act == "look"
        return True


def stored(rules: Sequence[Sequence[Rule]]) -> Draft:
    """Those of each urgency, in the order of URGENCIES."""
    pairs = zip(URGENCIES, rules, strict=True)
    return Draft(
        {urgency: [Row(rule.via, _minutes(rule.after)) for rule in found] for urgency, found in pairs}
    )


def read(posted: QueryDict) -> Draft:
    """What was typed, each row with what is wrong in it. One row too many is kept, for the verb to refuse."""
    return Draft({urgency: list(_rows(posted, urgency))[: MOST_RULES + 1] for urgency in URGENCIES})


def _rows(posted: QueryDict, urgency: str) -> Iterable[Row]:
    pairs = zip(posted.getlist(f"{urgency}-via"), posted.getlist(f"{urgency}-after"), strict=False)
    for via, after in pairs:
        yield _row(via[:20], after[:20].strip())


def _row(via: str, after: str) -> Row:
    if not via:
        return Row(after=after)
    if via not in ContactMethod.Kind.values:
        return Row(fault=f"“{via}” is no kind of contact method; choose one of the list.")
    if not MINUTES.fullmatch(after or "0"):
        return Row(
            via, after, f"“{after}” is no number of minutes; write 0 for at once, or such as 2 or 1.5."
        )
    if timedelta(minutes=float((after or "0").replace(",", "."))) > LONGEST_WAIT:
        return Row(via, after, f"{after} minutes are more than a day; write at most 1440.")
    return Row(via, after)


def _minutes(after: timedelta) -> str:
    return f"{after / MINUTE:.3f}".rstrip("0").rstrip(".")
