"""Where what came by a key goes: by the rules of the key's service, or to where its alert lies already.

A service without rules is not asked for any. What goes wrong here loses nothing: it stays where it came.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q

from escalation.core.matching import spelled
from escalation.core.routing import Route, Routed, abroad, says, split
from escalation.models import Alert, RoutingRule, Service
from escalation.selectors.routing import routes_of
from escalation.sources.event import MAX_DEDUP_KEY, MAX_GROUP_KEY, Event

log = structlog.get_logger(__name__)

Places = Mapping[str, Sequence[int]]
"""By a key as its sender wrote it, the services (their ids) in which alerts of it are open, oldest first."""
Naming = Callable[[str], str]


def destinations(service: Service, events: Sequence[Event]) -> list[tuple[Service, list[Event]]]:
    """The events by the service they go to, in one order of services for everybody; those of one service by
    their keys, those of one key as they came. In at most five statements, however many events and rules.

    In a transaction: until that is over, no rule that was asked is taken out.
    """
    if not (service.has_routing and events):
        return [(service, list(events))]
    try:
        with transaction.atomic():  # so that a fault of the database leaves the caller's transaction whole
            return _by_rules(service, events)
    except (OperationalError, InterfaceError):
        raise  # nothing else can be written, either: the sender is told to try again
    except Exception:
        log.exception("routing_failed", service=service.name, events=len(events), effect="they stay there")
        return [(service, list(events))]


def _by_rules(service: Service, events: Sequence[Event]) -> list[tuple[Service, list[Event]]]:
    routes = routes_of(service, shared=True)
    keys, groups = _open_alerts(service, events)
    went: dict[int, list[tuple[Route | None, Event]]] = {}
    for place, route, event in split(events, routes, home=service.pk, keys=keys, groups=groups):
        went.setdefault(place, []).append((route, event))
    others = Service.objects.select_related("policy").in_bulk(went.keys() - {service.pk})
    found = [others.get(pk, service) for pk in sorted(went)]
    return [
        (one, _in_turn(_sent(event, route, origin=service, to=one) for route, event in went[one.pk]))
        for one in found
    ]


def _in_turn(events: Iterable[Event]) -> list[Event]:
    """In the order in which alerts are locked, by what they are called here."""
    return sorted(events, key=lambda event: (event.whole_group, event.dedup_key))


def _sent(event: Event, route: Route | None, *, origin: Service, to: Service) -> Event:
    """As the service `to` takes it in."""
    if to.pk == origin.pk:
        return event if route is None else replace(event, routed=_made_of_it(route, origin=origin, to=to))
    key, group = _namings(origin)
    return replace(
        event,
        dedup_key=key(event.dedup_key),
        group_key=group(event.group_key),
        routed=Routed(origin=origin.pk) if route is None else _made_of_it(route, origin=origin, to=to),
    )


def _made_of_it(route: Route, *, origin: Service, to: Service) -> Routed:
    """A rule that leads elsewhere than the alert lies still says how bad it is."""
    there = to.pk == route.to
    rule = f"routing rule {route.number} of {origin.name} ({spelled(route.match)})"
    said = says(severity=route.severity, urgency=route.urgency)
    sent = f"{rule} sends it here" + (f", as {said}" if said else "")
    return Routed(
        origin=None if to.pk == origin.pk else origin.pk,
        severity=route.severity,
        urgency=route.urgency,
        why=sent if there else f"{rule} makes it {said}" if said else "",
    )


def _open_alerts(service: Service, events: Sequence[Event]) -> tuple[Places, Places]:
    """Where alerts of these dedup keys, and of these groups, lie open: by key, and by group."""
    keys = {event.dedup_key for event in events if not event.whole_group}
    groups = {event.group_key for event in events if event.whole_group}
    key, group = _namings(service)
    their_keys, their_groups = _named(keys, key), _named(groups, group)
    here = Q(service=service) & (Q(dedup_key__in=keys) | Q(group_key__in=groups))
    sent_on = Q(origin=service) & (Q(dedup_key__in=[*their_keys]) | Q(group_key__in=[*their_groups]))
    rows = Alert.objects.filter(here | sent_on, status=Alert.Status.OPEN).order_by("pk")
    lies: dict[str, dict[int, None]] = {}
    grouped: dict[str, dict[int, None]] = {}
    for dedup_key, group_key, place in rows.values_list("dedup_key", "group_key", "service"):
        at_home = place == service.pk
        for one in [dedup_key] if at_home else their_keys.get(dedup_key, ()):
            lies.setdefault(one, {})[place] = None
        for one in [group_key] if at_home else their_groups.get(group_key, ()):
            grouped.setdefault(one, {})[place] = None
    return _in_order(lies), _in_order(grouped)


def _namings(origin: Service) -> tuple[Naming, Naming]:
    """What dedup keys, and group keys, of a service are called elsewhere."""
    return (
        partial(abroad, origin=origin.pk, longest=MAX_DEDUP_KEY),
        partial(abroad, origin=origin.pk, longest=MAX_GROUP_KEY),
    )


def _named(keys: Iterable[str], naming: Naming) -> Mapping[str, Sequence[str]]:
    """By what they are called elsewhere."""
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(naming(key), []).append(key)
    return found


def _in_order(found: Mapping[str, Iterable[int]]) -> Places:
    return {key: tuple(places) for key, places in found.items()}


def of_sender(service: Service, dedup_key: str) -> Q:
    """The alerts that a sender to `service` means by a dedup key, wherever they lie."""
    return Q(service=service, dedup_key=dedup_key) | Q(
        origin=service, dedup_key=abroad(dedup_key, origin=service.pk, longest=MAX_DEDUP_KEY)
    )


def forget_routing() -> int:
    """Services without rules any more, of which nothing that was sent on is open, are not asked any longer.
    Returns how many.
    """
    rules = RoutingRule.objects.filter(service=OuterRef("pk"))
    away = Alert.objects.filter(origin=OuterRef("pk"), status=Alert.Status.OPEN)
    return Service.objects.filter(~Exists(rules), ~Exists(away), has_routing=True).update(has_routing=False)
