"""Calendar addresses: one's own, and for managers those of their teams, their schedules and the gaps."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from oncall.actions import Refused
from oncall.actions.feeds import Owner, issue_feed, live_feed, revoke_feed, rotate_feed, set_alarm
from oncall.addresses import address_again, feeds_known_to, may_hold
from oncall.core.fetched import last_fetched
from oncall.models import Feed, Schedule
from people.ledger.record import Actor
from people.models import Team, User
from people.permissions import is_manager
from people.recorded import teams_of
from watchbill.web.pages import for_people, person

ALARMS = {
    "": "not at all",
    "0": "when it begins",
    "5": "5 minutes",
    "15": "15 minutes",
    "30": "30 minutes",
    "60": "1 hour",
    "120": "2 hours",
    "720": "12 hours",
    "1440": "1 day",
}
A_NUMBER = re.compile(r"[0-9]{1,18}")
SOME_MINUTES = re.compile(r"[0-9]{0,6}")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One calendar on a page. `of` and `gaps` name it in a form; no `feed`: it has no address yet."""

    of: str
    gaps: bool
    title: str
    feed: Feed | None
    address: str | None
    fetched: str

    @property
    def anchor(self) -> str:
        return f"{self.of.replace(':', '-')}{'-gaps' if self.gaps else ''}"

    @property
    def rings(self) -> bool:
        return self.of == "me"

    @property
    def alarm(self) -> str:
        minutes = self.feed.alarm_minutes if self.feed else None
        return "" if minutes is None else str(minutes)

    @property
    def alarms(self) -> list[tuple[str, str]]:
        """What can be chosen, and what was set by other means."""
        return list(({self.alarm: f"{self.alarm} minutes"} | ALARMS).items())


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def calendars(request: HttpRequest) -> HttpResponse:
    """The page; a POST does one `act` to the calendar `of` somebody, and goes back to it."""
    if request.method == "POST":
        return _act(request)
    reader, now = person(request), timezone.now()
    feeds = {(_name(feed.schedule or feed.team), feed.gaps): feed for feed in _of_all(reader)}
    context = {
        "here": "calendars",
        "reader": reader,
        "mine": entry(reader, live_feed(reader), now=now),
        "groups": list(_groups(teams_of(request), feeds, now=now)) if _manages(reader) else [],
    }
    return render(request, "web/calendars.html", context)


def entry(owner: Owner, feed: Feed | None, *, gaps: bool = False, now: datetime) -> Row:
    """The calendar of an owner as the pages show it. Only for those whose it is to see."""
    return Row(
        of="me" if isinstance(owner, User) else _name(owner),
        gaps=gaps,
        title=_title(owner, gaps=gaps),
        feed=feed,
        address=address_again(feed) if feed else None,
        fetched=last_fetched(feed.last_fetched_at, feed.last_user_agent, now=now) if feed else "",
    )


def _manages(reader: User) -> bool:
    return reader.is_superuser or is_manager(reader)


def _of_all(reader: User) -> Iterable[Feed]:
    return feeds_known_to(reader).filter(user=None)


def _name(owner: Schedule | Team | None) -> str:
    return "all" if owner is None else f"{type(owner).__name__.lower()}:{owner.pk}"


def _title(owner: Owner, *, gaps: bool) -> str:
    if isinstance(owner, User):
        return "My shifts"
    if owner is None:
        return "Gaps of every schedule"
    which = "Whole team" if isinstance(owner, Team) else owner.name
    return f"{which}: {'only gaps' if gaps else 'shifts and gaps'}"


def _groups(
    teams: Iterable[Team], feeds: Mapping[tuple[str, bool], Feed], *, now: datetime
) -> Iterator[dict[str, object]]:
    """What a manager holds: the gaps of everything, then each team with its schedules."""

    def rows(owner: Schedule | Team) -> list[Row]:
        return [entry(owner, feeds.get((_name(owner), gaps)), gaps=gaps, now=now) for gaps in (False, True)]

    yield {"name": "Everything", "rows": [entry(None, feeds.get(("all", True)), gaps=True, now=now)]}
    in_use = Q(retired_at=None) | Q(pk__in=[feed.schedule_id for feed in feeds.values() if feed.schedule_id])
    schedules = list(Schedule.objects.filter(in_use).select_related("team").order_by("name"))
    for team in teams:
        owners: list[Schedule | Team] = [team, *(one for one in schedules if one.team_id == team.pk)]
        yield {"name": team.name, "rows": [row for owner in owners for row in rows(owner)]}
    of_no_team = [row for one in schedules if one.team_id is None for row in rows(one)]
    if of_no_team:
        yield {"name": "Of no team", "rows": of_no_team}


def _act(request: HttpRequest) -> HttpResponse:
    owner, gaps = _asked_for(request), "gaps" in request.POST
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        messages.success(request, act(request, owner, gaps))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('calendars')}#{entry(owner, None, gaps=gaps, now=timezone.now()).anchor}")


def _asked_for(request: HttpRequest) -> Owner:
    """Whose calendar a form names; what one may not hold is not found."""
    kind, _, number = request.POST.get("of", "").partition(":")
    reader = person(request)
    owner: Owner = reader
    if kind in {"team", "schedule"} and A_NUMBER.fullmatch(number):
        owner = (
            get_object_or_404(Team, pk=number) if kind == "team" else get_object_or_404(Schedule, pk=number)
        )
    elif kind == "all":
        owner = None
    elif kind != "me":
        raise Http404
    if not may_hold(reader, owner):
        raise Http404
    return owner


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")


def _make(request: HttpRequest, owner: Owner, gaps: bool) -> str:  # noqa: FBT001 - a part of the name
    issue_feed(owner=owner, gaps=gaps, by=_by(request), now=timezone.now())
    return "Here is the address. Subscribe to it in your calendar program."


def _rotate(request: HttpRequest, owner: Owner, gaps: bool) -> str:  # noqa: FBT001 - a part of the name
    rotate_feed(owner=owner, gaps=gaps, by=_by(request), now=timezone.now())
    return "Here is the new address. The old one has stopped working."


def _end(request: HttpRequest, owner: Owner, gaps: bool) -> str:  # noqa: FBT001 - a part of the name
    revoke_feed(feed=_made(owner, gaps=gaps), by=_by(request), now=timezone.now())
    return "The address has stopped working."


def _alarm(request: HttpRequest, owner: Owner, gaps: bool) -> str:  # noqa: FBT001 - a part of the name
    said = request.POST.get("minutes", "")
    if not SOME_MINUTES.fullmatch(said):
        raise Refused("An alarm is a number of minutes before a shift; leave it empty for none.")
    minutes = int(said) if said else None
    set_alarm(feed=_made(owner, gaps=gaps), minutes=minutes, by=_by(request), now=timezone.now())
    return "Your calendar rings before each shift." if said else "Your calendar does not ring."


def _made(owner: Owner, *, gaps: bool) -> Feed:
    feed = live_feed(owner, gaps=gaps)
    if feed is None:
        raise Refused("This calendar has no address any more; make one.")
    return feed


ACTS: dict[str, Callable[[HttpRequest, Owner, bool], str]] = {
    "make": _make,
    "rotate": _rotate,
    "end": _end,
    "alarm": _alarm,
}
