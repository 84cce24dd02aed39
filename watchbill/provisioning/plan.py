"""What an apply would do: the document compared with what is stored, part by part, as plain values."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from escalation.core.matching import canonical
from oncall.advice import Told
from watchbill.provisioning.document.escalation import HotLine, Routing
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.document.schedules import Announcements, Override
from watchbill.provisioning.document.words import Part
from watchbill.provisioning.faults import Path

Action = Literal["create", "change", "retire"]
Identity = tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One field of a part: what is stored, and what the document says."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing to do. `wanted` is None for what retires, `stored` for what is new."""

    kind: str
    identity: Identity
    action: Action
    path: Path
    wanted: Part | None = None
    stored: Part | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def name(self) -> str:
        return " ".join(word for word in self.identity if word)


@dataclass(frozen=True)
class Plan:
    """Everything an apply would do, in order, and everything it would not.

    `history`: overrides of the document that were cancelled, ended early or begun with another reason,
    maintenance and alert rules that are over, by the document at least.
    `kept`: parts that are stored and exported, and that nothing acts on yet. `advice`, once it is done: what
    there is to say about the schedules and policies it touches.
    """

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    left_alone: tuple[Change, ...] = ()
    history: tuple[Change, ...] = ()
    kept: tuple[str, ...] = ()
    advice: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Found:
    """One part of a document under the identity by which it is the same in another one."""

    identity: Identity
    part: Part
    path: Path = ()


Listing = Callable[[Organisation], Iterator[Found]]


def _named(section: str, key: str) -> Listing:
    def listing(document: Organisation) -> Iterator[Found]:
        for index, part in enumerate(getattr(document, section)):
            yield Found((getattr(part, key),), part, (section, index))

    return listing


def _overrides(document: Organisation) -> Iterator[Found]:
    for index, schedule in enumerate(document.schedules):
        named = [override_identity(schedule.name, one) for one in schedule.overrides]
        for number, (one, identity) in enumerate(zip(schedule.overrides, named, strict=True)):
            twin = ("over_temporary",) if one.over_temporary and named.count(identity) > 1 else ()
            yield Found(identity + twin, one, ("schedules", index, "overrides", number))


def _temporaries(document: Organisation) -> Iterator[Found]:
    for index, schedule in enumerate(document.schedules):
        for number, one in enumerate(schedule.temporary):
            spelled = one.model_dump()
            identity = (schedule.name, spelled["start"], spelled["end"])
            yield Found(identity, one, ("schedules", index, "temporary", number))


def _announcements(document: Organisation) -> Iterator[Found]:
    """Those of a schedule together: the list says all of them."""
    for index, schedule in enumerate(document.schedules):
        if schedule.announcements is not None:
            part = Announcements(places=schedule.announcements)
            yield Found((schedule.name,), part, ("schedules", index, "announcements"))


def _follows(document: Organisation) -> Iterator[Found]:
    """Apart from the webhook itself, which steps name that come before the services it follows."""
    for index, webhook in enumerate(document.webhooks):
        if webhook.follows is not None:
            yield Found((webhook.name,), webhook.follows, ("webhooks", index, "follows"))


def _keys(document: Organisation) -> Iterator[Found]:
    for index, service in enumerate(document.services):
        for number, key in enumerate(service.routing_keys):
            yield Found((service.name, key.name), key, ("services", index, "routing_keys", number))


def _heartbeats(document: Organisation) -> Iterator[Found]:
    for index, service in enumerate(document.services):
        for number, one in enumerate(service.heartbeats):
            yield Found((service.name, one.name), one, ("services", index, "heartbeats", number))


def _hot_lines(document: Organisation) -> Iterator[Found]:
    """By its number alone: one that another service had is moved, since it can be dialled only once."""
    for index, service in enumerate(document.services):
        for number, dialled in enumerate(service.hot_lines):
            line = HotLine(number=dialled, service=service.name)
            yield Found((dialled,), line, ("services", index, "hot_lines", number))


def _maintenance(document: Organisation) -> Iterator[Found]:
    """Two windows of a service that differ only in their reason, or in how long they repeat, are the same."""
    for index, service in enumerate(document.services):
        for number, one in enumerate(service.maintenance):
            spelled = one.model_dump()
            identity = (service.name, spelled["start"], spelled["end"], one.time_zone or "", one.repeat or "")
            yield Found(identity, one, ("services", index, "maintenance", number))


def _rules(section: str) -> Listing:
    """By what it matches: two rules of one kind about the same alerts are one."""

    def listing(document: Organisation) -> Iterator[Found]:
        for index, service in enumerate(document.services):
            for number, rule in enumerate(getattr(service, section)):
                path = ("services", index, section, number)
                yield Found((service.name, canonical(rule.match)), rule, path)

    return listing


def _routing(document: Organisation) -> Iterator[Found]:
    """Those of a service together: the list says all of them, and their order."""
    for index, service in enumerate(document.services):
        if service.routing is not None:
            yield Found((service.name,), Routing(rules=service.routing), ("services", index, "routing"))


def _pay_plans(document: Organisation) -> Iterator[Found]:
    """Each version by the day it begins on, the earlier ones first, wherever they stand."""
    begun = sorted(enumerate(document.pay_plans), key=lambda one: one[1].effective_from or date.min)
    for index, plan in begun:
        begins = plan.effective_from.isoformat() if plan.effective_from else ""
        yield Found((plan.name, begins), plan, ("pay_plans", index))


def _company_days(document: Organisation) -> Iterator[Found]:
    for index, day in enumerate(document.company_days):
        yield Found((day.date.isoformat(), day.calendar), day, ("company_days", index))


def _time_off(document: Organisation) -> Iterator[Found]:
    for index, away in enumerate(document.time_off):
        yield Found((away.user, away.start.isoformat(), away.end.isoformat()), away, ("time_off", index))


def override_identity(schedule: str, override: Override) -> Identity:
    """Two overrides that differ only in their reason, or in what they lie over, are the same one.

    Where both stand in one document, one hidden by a temporary schedule and one over it, they are two.
    """
    spelled = override.model_dump()
    return (schedule, override.role, override.kind, spelled["start"], spelled["end"], override.user) + (
        (override.instead_of,) if override.instead_of else ()
    )


# In the order of doing. What retires goes last, in the reverse order.
LISTINGS: dict[str, Listing] = {
    "user": _named("users", "username"),
    "team": _named("teams", "name"),
    "schedule": _named("schedules", "name"),
    "temporary schedule": _temporaries,  # before what lies over it, or is hidden by it
    "override": _overrides,
    "time off": _time_off,
    "webhook": _named("webhooks", "name"),
    "announcements": _announcements,
    "escalation policy": _named("escalation_policies", "name"),
    "service": _named("services", "name"),
    "followed incidents": _follows,
    "routing key": _keys,
    "hot line": _hot_lines,
    "heartbeat": _heartbeats,
    "maintenance": _maintenance,
    "suppress rule": _rules("suppress"),
    "trial": _rules("trials"),
    "routing rules": _routing,
    "pay plan": _pay_plans,
    "company day": _company_days,
}
INNER = {
    "announcements",
    "follows",
    "overrides",
    "temporary",
    "routing_keys",
    "hot_lines",
    "heartbeats",
    "maintenance",
    "suppress",
    "trials",
    "routing",
}  # listed as things of their own


def compare(stored: Organisation, wanted: Organisation) -> tuple[list[Change], int, list[Change]]:
    """What to create and change, how much is so already, and what the document does not name."""
    changes: list[Change] = []
    unchanged = 0
    missing: list[Change] = []
    for kind, listing in LISTINGS.items():
        there = {found.identity: found for found in listing(stored)}
        for found in listing(wanted):
            change = _change(kind, found, there.pop(found.identity, None))
            changes.extend([change] if change else [])
            unchanged += change is None
        missing.extend(_missing(kind, found) for found in there.values())
    return changes, unchanged, missing


def _change(kind: str, found: Found, old: Found | None) -> Change | None:
    change = Change(kind=kind, identity=found.identity, action="create", path=found.path, wanted=found.part)
    if old is None:
        return replace(change, differences=tuple(_differences({}, _fields(found.part))))
    differences = tuple(_differences(_fields(old.part), _fields(found.part)))
    return replace(change, action="change", stored=old.part, differences=differences) if differences else None


def _missing(kind: str, found: Found) -> Change:
    return Change(kind=kind, identity=found.identity, action="retire", path=(), stored=found.part)


def _fields(part: Part) -> dict[str, Any]:
    """Every field of a part, what is usual included, as plain values."""
    spelled = part.model_dump()
    return {
        name: spelled.get(info.alias or name, getattr(part, name))
        for name, info in type(part).model_fields.items()
        if name not in INNER
    }


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[Difference]:
    for name, value in new.items():
        if name not in old or old[name] != value:
            yield Difference(name, old.get(name), value)
