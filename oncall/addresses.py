"""Calendar addresses as doors give them out: written in full, and only to those whose they are to see.

A person's own calendar is theirs; those of a team and its schedules are its managers'; that of all gaps,
and those of what is of no team, any manager's. Superusers may see all of them.
"""

from django.conf import settings
from django.db.models import Q, QuerySet

from oncall.actions.feeds import KINDS, Owner, token_of
from oncall.models import Feed
from people.models import Team, User
from people.permissions import managed_team_ids, may_edit_team


def address_of(token: str) -> str:
    return f"{settings.PUBLIC_URL}/ical/{token}.ics"


def address_again(feed: Feed) -> str | None:
    """The address of a calendar that there is; None where the site's secret is another since."""
    token = token_of(feed)
    return None if token is None else address_of(token)


def owner_of(feed: Feed) -> Owner:
    """Whose calendar it is; None: of everything."""
    return feed.user or feed.schedule or feed.team


def called(feed: Feed) -> str:
    """“Calendar of gaps of Checkout (team)”: a schedule is often called as its team is."""
    name = str(feed)
    kinds = "".join(f" ({kind})" for kind in KINDS if getattr(feed, f"{kind}_id") is not None)
    return f"{name[0].upper()}{name[1:]}{kinds.replace('user', 'person')}"


def may_hold(reader: User, owner: Owner) -> bool:
    """Whether somebody may see, make, replace and end the address of the owner's calendars."""
    if isinstance(owner, User):
        return owner == reader or reader.is_superuser
    return may_edit_team(reader, owner if owner is None or isinstance(owner, Team) else owner.team)


def feeds_known_to(reader: User) -> QuerySet[Feed]:
    """The calendars that answer and of which somebody hears: theirs to hold, and their people's."""
    here = Q(user=None) | Q(user__is_active=True)
    found = Feed.objects.filter(here, heard_of_by(reader), revoked_at=None)
    return found.select_related("user", "schedule__team", "team")


def heard_of_by(reader: User) -> Q:
    """Which calendars those are, whether they answer or not."""
    if reader.is_superuser:
        return Q()
    teams = managed_team_ids(reader)
    known = Q(user=reader) | Q(team__in=teams) | Q(schedule__team__in=teams)
    if teams:
        of_no_team = Q(user=None, team=None, schedule__team=None)  # all gaps are of no schedule either
        known |= of_no_team | Q(user__in=User.objects.filter(memberships__team__in=teams).values("pk"))
    return known
