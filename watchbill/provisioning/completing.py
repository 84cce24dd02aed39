"""What the document leaves open about things that exist is taken from what is stored.

How to reach a person, a team's members and report, a routing key's value, a webhook's secret and what it
follows, and where a schedule announces who is on call are left alone where they are not given: a document
without phone numbers must not make anybody unreachable.
"""

from collections.abc import Mapping
from typing import Any

from watchbill.provisioning import load_terms
from watchbill.provisioning.document.escalation import Key, Service, Webhook
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.document.people import Method, Person, Team
from watchbill.provisioning.document.schedules import Schedule
from watchbill.provisioning.pay_terms import canonical, canonical_budget
from watchbill.provisioning.settling import in_zone
from watchbill.provisioning.stored import implied_methods, methods_of


def complete(wanted: Organisation, stored: Organisation) -> Organisation:
    """`wanted` with nothing left open, to be compared with `explicit(stored)`."""
    people = {person.username: person for person in stored.users}
    teams = {team.name: team for team in stored.teams}
    services = {service.name: service for service in stored.services}
    webhooks = {webhook.name: webhook for webhook in stored.webhooks}
    schedules = {schedule.name: schedule for schedule in stored.schedules}
    return wanted.model_copy(
        update={
            "users": [_person(person, people.get(person.username)) for person in wanted.users],
            "teams": [_team(team, teams.get(team.name)) for team in wanted.teams],
            "schedules": [_schedule(schedule, schedules.get(schedule.name)) for schedule in wanted.schedules],
            "webhooks": [_webhook(webhook, webhooks.get(webhook.name)) for webhook in wanted.webhooks],
            "services": [_service(service, services.get(service.name)) for service in wanted.services],
            "pay_plans": [canonical(plan) for plan in wanted.pay_plans],
        }
    )


def explicit(stored: Organisation, *, zones: Mapping[str, str]) -> Organisation:
    """`stored` with every contact method in one list, and times said in the `zones` of the document."""
    return stored.model_copy(
        update={
            "users": [_with_methods(one, methods_of(one)) for one in stored.users],
            "schedules": [in_zone(one, zones[one.name]) for one in stored.schedules],
        }
    )


def _schedule(schedule: Schedule, old: Schedule | None) -> Schedule:
    """With None where there is no announcement, and none is to be taken off."""
    there = old.announcements if old else None
    said = there if schedule.announcements is None else schedule.announcements
    return schedule.model_copy(update={"announcements": said if said or there else None})


def _with_methods(person: Person, methods: list[Method]) -> Person:
    distinct = {(one.via, one.address): one for one in methods}
    return person.model_copy(
        update={"phone": "", "contact_methods": [distinct[key] for key in sorted(distinct)]},
    )


def _person(person: Person, old: Person | None) -> Person:
    given = person.model_fields_set
    kept = {} if old is None else {"email": old.email, "notification_rules": old.notification_rules}
    update = {name: value for name, value in kept.items() if name not in given}
    return _with_methods(person, _methods(person, old)).model_copy(update=update)


def _methods(person: Person, old: Person | None) -> list[Method]:
    """A phone or email that is given takes the place of the old one; other ways stay as they are."""
    if person.contact_methods is not None:
        return person.contact_methods
    if old is None:
        return implied_methods(phone=person.phone, email=person.email)
    given = person.model_fields_set
    phone, email = person.phone if "phone" in given else "", person.email if "email" in given else ""
    replaced = implied_methods(
        phone=old.phone if "phone" in given else "", email=old.email if "email" in given else ""
    )
    return [one for one in methods_of(old) if one not in replaced] + implied_methods(phone=phone, email=email)


def _team(team: Team, old: Team | None) -> Team:
    update: dict[str, Any] = {}
    if team.members is None:
        update["members"] = {} if old is None else old.members
    if "pay_budgets" in team.model_fields_set:
        update["pay_budgets"] = sorted(map(canonical_budget, team.pay_budgets), key=lambda one: one.key)
    elif old is not None:
        update["pay_budgets"] = old.pay_budgets
    update["load_report"] = load_terms.complete(team.load_report, old.load_report if old else None)
    return team.model_copy(update=update)


def _webhook(webhook: Webhook, old: Webhook | None) -> Webhook:
    secret, there = (old.secret, old.follows) if old else (None, None)
    said = there if webhook.follows is None else webhook.follows
    follows = None if said is not None and said.nothing and there is None else said
    return webhook.model_copy(update={"secret": webhook.secret or secret, "follows": follows})


def _key(key: Key, old: Key | None) -> Key:
    secret = key.signing_secret
    if secret is None and old is not None:
        secret = old.signing_secret
    limit = key.events_per_minute
    if limit is None and old is not None:
        limit = old.events_per_minute
    value = key.key or (old.key if old else None)
    mapping = key.mapping
    if mapping is None and old is not None:
        mapping = old.mapping
    return Key(
        name=key.name,
        key=value,
        signing_secret=secret or None,
        events_per_minute=None if limit == "site" else limit,
        mapping=mapping if mapping and mapping.model_fields_set else None,
    )


def _service(service: Service, old: Service | None) -> Service:
    known = {key.name: key for key in old.routing_keys} if old else {}
    keys = [_key(key, known.get(key.name)) for key in service.routing_keys]
    secrets = {one.name: one.key for one in old.heartbeats} if old else {}
    heartbeats = [
        one.model_copy(update={"key": one.key or secrets.get(one.name)}) for one in service.heartbeats
    ]
    there = old.routing if old else None  # None where there is no rule, and none is to be taken out
    routing = service.routing if service.routing or there else None
    return service.model_copy(update={"routing_keys": keys, "heartbeats": heartbeats, "routing": routing})
