"""How somebody will be paged: their rules and methods as a drawing, by the function that pages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from paging.core.rules import HIGH, INFO, LOW, Method, Rule, in_words, moments
from paging.models import ContactMethod

WAITS = (timedelta(minutes=2), timedelta(minutes=6), timedelta(minutes=31))  # how far apart two are drawn
TITLES = {
    HIGH: "High urgency: somebody has to act now",
    LOW: "Low urgency: it can wait for the morning",
}


@dataclass(frozen=True)
class Stop:
    """What happens at one moment; `apart` from 0 to 4 is how far below the one before it stands."""

    when: str
    messages: Sequence[ContactMethod]
    apart: int


@dataclass(frozen=True)
class Line:
    """The timeline of one urgency. Without a stop nobody can page you."""

    urgency: str
    title: str
    stops: Sequence[Stop]
    remarks: Sequence[str]


def lines(methods: Sequence[ContactMethod], rules: Mapping[str, Sequence[Rule]]) -> list[Line]:
    """`methods` are the usable ones, oldest first; `rules` those of each urgency, as `moments` takes them."""
    return [_line(urgency, methods, rules.get(urgency, ())) for urgency in (HIGH, LOW)]


def news(methods: Sequence[ContactMethod], rules: Mapping[str, Sequence[Rule]]) -> list[ContactMethod]:
    """By which methods handoffs, swaps and other notices come, which page nobody."""
    known = {method.pk: method for method in methods}
    found = moments(rules.get(LOW, ()), _core(methods), urgency=INFO)
    return list(dict.fromkeys(known[moment.method.id] for moment in found))


def _line(urgency: str, methods: Sequence[ContactMethod], rules: Sequence[Rule]) -> Line:
    known = {method.pk: method for method in methods}
    at: defaultdict[timedelta, list[ContactMethod]] = defaultdict(list)
    for moment in moments(rules, _core(methods), urgency=urgency):
        at[moment.after].append(known[moment.method.id])
    stops, before = [], timedelta(0)
    for after in sorted(at):
        stops.append(Stop(in_words(after), at[after], _apart(after - before)))
        before = after
    return Line(urgency, TITLES[urgency], stops, list(_remarks(methods, rules)) if methods else [])


def _core(methods: Sequence[ContactMethod]) -> list[Method]:
    return [Method(method.pk, method.kind) for method in methods]


def _apart(wait: timedelta) -> int:
    if wait <= timedelta(0):
        return 0
    return 1 + sum(wait >= longer for longer in WAITS)


def _remarks(methods: Sequence[ContactMethod], rules: Sequence[Rule]) -> list[str]:
    kinds = {method.kind for method in methods}
    missing = [str(ContactMethod.Kind(rule.via).label) for rule in rules if rule.via not in kinds]
    said = [
        f"A rule asks for {label}, and you have none that is verified." for label in dict.fromkeys(missing)
    ]
    if rules and len(missing) == len(rules):
        said.append("No rule fits what you have, so it is as without any.")
    return said
