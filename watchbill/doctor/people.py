"""Whether a page would reach the people who can be asked: those of every team who carry its pager."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from oncall.core.finding import Finding, warning
from paging.core.readiness import Lack
from paging.reaching import readiness
from people.models import Membership, User

CARRY = (Membership.Role.RESPONDER, Membership.Role.MANAGER)
TOGETHER = frozenset({Lack.UNTESTED})  # what many share is one finding, which names some of them
NAMED = 10


def reached(now: datetime) -> Iterator[Finding]:
    """A line for each person of whom something is wanting, and one for what many have in common."""
    rows = User.objects.filter(is_active=True, memberships__role__in=CARRY).distinct().order_by("username")
    people = {user.pk: str(user) for user in rows}
    shared: defaultdict[Lack, list[str]] = defaultdict(list)
    said: dict[Lack, tuple[str, str]] = {}
    for pk, found in readiness(list(people), now=now).items():
        own = [one for one in found if one.lack not in TOGETHER]
        if own:
            yield warning(f"{people[pk]}: {'; '.join(one.what for one in own)}.", own[0].mend)
        for one in found:
            if one.lack in TOGETHER:
                shared[one.lack].append(people[pk])
                said[one.lack] = one.what, one.mend
    for lack, names in shared.items():
        what, mend = said[lack]
        yield warning(f"{_names(names)}: {what}.", mend)


def _names(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


CHECKS = (reached,)
