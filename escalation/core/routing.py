"""Routing: of the rules of a service, which means an event, and where the event then goes.

What is sent on keeps, in its new service, the keys of its sender apart: two senders that use the same dedup
key there never count on, and never end, each other's alerts.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from escalation.core.matching import ANYTHING, Match, matches

TRIGGER = "trigger"
RESOLVE = "resolve"
URGENCIES = ("high", "low")
UNLIKE_ANY = "\x00"
"""In the place of a star, when two patterns are held against each other: no text has it, and no pattern."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """A routing rule. `number` is its place among those of its service, from 1; `to` is another service (its
    id), None where the event stays. An empty `severity` or `urgency` leaves it to the service.
    """

    id: int
    number: int
    match: Match
    to: int | None = None
    severity: str = ""
    urgency: str = ""


@dataclass(frozen=True, kw_only=True)
class Routed:
    """What a rule made of an event. `origin` is the service (its id) by whose key it came, where it was sent
    on to another one; `why` says so to people.
    """

    origin: int | None = None
    severity: str = ""
    urgency: str = ""
    why: str = ""


class Said(Protocol):
    """An event, as its sender said it."""

    @property
    def action(self) -> str: ...
    @property
    def dedup_key(self) -> str: ...
    @property
    def group_key(self) -> str: ...
    @property
    def whole_group(self) -> bool: ...
    @property
    def labels(self) -> Mapping[str, str]: ...


Something = TypeVar("Something", bound=Said)


def first_of(routes: Iterable[Route], labels: Mapping[str, object]) -> Route | None:
    """The first of the rules, in their order, that means an alert with these labels."""
    return next((route for route in routes if matches(route.match, labels)), None)


def split(
    events: Sequence[Something],
    routes: Sequence[Route],
    *,
    home: int,
    keys: Mapping[str, Sequence[int]],
    groups: Mapping[str, Iterable[int]],
) -> Iterator[tuple[int, Route | None, Something]]:
    """Each event with the service (its id) that it goes to, and the rule that means it. `home` is the service
    whose key it came by. `keys` and `groups` say in which services alerts of that sender are open, by dedup
    key and by group key, before the first of these events.

    An event of an open alert goes where that lies, whatever the rules say by now; one that ends or
    acknowledges goes to every service that has such an alert. New ones go by the rules.
    """
    lies = {key: tuple(places) for key, places in keys.items()}
    grouped = {key: {*places} for key, places in groups.items()}
    for event in events:
        if event.whole_group:
            yield from ((place, None, event) for place in sorted(grouped.get(event.group_key) or {home}))
        elif event.action == TRIGGER:
            route = first_of(routes, event.labels)
            chosen = home if route is None or route.to is None else route.to
            places = lies[event.dedup_key] = lies.get(event.dedup_key) or (chosen,)
            grouped.setdefault(event.group_key, set()).add(places[0])
            yield places[0], route, event
        else:
            yield from ((place, None, event) for place in lies.get(event.dedup_key) or (home,))
            if event.action == RESOLVE:
                lies.pop(event.dedup_key, None)


def abroad(key: str, *, origin: int, longest: int) -> str:
    """What a dedup key, or a group key, of the service `origin` is called in another one. One that is called
    so already stays; a long one ends in its digest. An empty one is none, and stays.
    """
    prefix = _prefix(origin)
    if not key or key.startswith(prefix):
        return key
    if len(prefix) + len(key) <= longest:
        return prefix + key
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return f"{prefix}{key[: longest - len(prefix) - len(digest)]}{digest}"


def as_sent(key: str, *, origin: int | None) -> str:
    """As its sender wrote it; a long one without its end."""
    return key if origin is None else key.removeprefix(_prefix(origin))


def _prefix(origin: int) -> str:
    return f"routed:{origin}:"


def takes_all_of(earlier: Match, later: Match) -> bool:
    """Whether `earlier` means whatever `later` means, so that a rule of `later` behind it never counts."""
    return bool(earlier) and all(
        name in later and matches({name: pattern}, {name: later[name].replace(ANYTHING, UNLIKE_ANY)})
        for name, pattern in earlier.items()
    )


def in_the_way(routes: Sequence[Route], route: Route) -> Route | None:
    """Of the rules before `route`, the first that takes all that it means."""
    before = (one for one in routes if (one.number, one.id) < (route.number, route.id))
    return next((one for one in before if takes_all_of(one.match, route.match)), None)


def says(*, severity: str, urgency: str) -> str:
    """“SEV-3, low urgency”."""
    return ", ".join(part for part in (severity, f"{urgency} urgency" if urgency else "") if part)


def outcome(to: str, *, severity: str, urgency: str) -> str:
    """“goes to shop-db, as SEV-3, low urgency”, or “counts as SEV-3” where it stays."""
    said = says(severity=severity, urgency=urgency)
    if not to:
        return f"counts as {said}"
    return f"goes to {to}, as {said}" if said else f"goes to {to}"
