"""Where people were, and in which teams, at a time that is over. What is so now stands with the person."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from people.models import Membership, PastMembership, PastPlace, User

FOREVER = datetime.max.replace(tzinfo=UTC)
ALWAYS = datetime.min.replace(tzinfo=UTC)


class Place(NamedTuple):
    """A zone's name and a holiday calendar, both as the person has them; in force until `until`."""

    time_zone: str
    holidays: str
    until: datetime


class Belonging(NamedTuple):
    """A person was in a team in [since, until)."""

    team: int
    since: datetime
    until: datetime


def places(user_ids: Collection[int]) -> Mapping[int, list[Place]]:
    """By person, in order of time; the last one is in force for ever. In two queries."""
    found: dict[int, list[Place]] = defaultdict(list)
    past = PastPlace.objects.filter(user__in=user_ids).order_by("until")
    for user, zone, holidays, until in past.values_list("user_id", "time_zone", "holidays", "until"):
        found[user].append(Place(zone, holidays, until))
    now = User.objects.filter(pk__in=user_ids).values_list("pk", "time_zone", "holidays")
    for user, zone, holidays in now:
        found[user].append(Place(zone, holidays, FOREVER))
    return found


def belongings(user_ids: Collection[int]) -> Mapping[int, list[Belonging]]:
    """By person, those of now first, in the order in which they joined. In two queries.

    When somebody joined is known from the time on that it is written down; before, they count as having been
    in it always.
    """
    found: dict[int, list[Belonging]] = defaultdict(list)
    now = Membership.objects.filter(user__in=user_ids).order_by("pk")
    for user, team, since in now.values_list("user_id", "team_id", "since"):
        found[user].append(Belonging(team, since or ALWAYS, FOREVER))
    past = PastMembership.objects.filter(user__in=user_ids).order_by("pk")
    for user, team, since, until in past.values_list("user_id", "team_id", "since", "until"):
        found[user].append(Belonging(team, since or ALWAYS, until))
    return found
