"""The demo's reports of the weeks behind it, as they were made then, and what was done about them."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from people.ledger.record import Actor
from people.models import Team, User
from watchbill.provisioning.demo_history import signals
from watchbill.provisioning.demo_history.story import deployed_at
from watchbill.reports.actions.follow_ups import finish_follow_up, open_follow_up
from watchbill.reports.actions.storing import Kind, store
from watchbill.reports.core.weeks import latest, week_before
from watchbill.reports.gathering import Scope
from watchbill.reports.reporting import report_of

WEEKS = 8
MONDAY, MORNING = 0, time(9)
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)


def keep_reports(now: datetime) -> None:
    """Follow-ups first: a report shows those that were done by then."""
    _follow_ups(now)
    for team in Team.objects.order_by("name"):
        zone = ZoneInfo(team.time_zone)
        for ago in reversed(range(WEEKS)):
            made = latest(MONDAY, MORNING, zone, now=now - ago * A_WEEK)
            since, until = week_before(made, zone)
            store(report_of(team, Scope(since=since, until=until, now=made, whole=True)), kind=Kind.WEEKLY)


def _follow_ups(now: datetime) -> None:
    """One that helped, and one that is late."""
    deployed = deployed_at(now)
    oscar, maya = User.objects.get(username="oscar"), User.objects.get(username="maya")
    done = open_follow_up(
        team=Team.objects.get(name="Platform"),
        service=signals.RESTARTS.service,
        key=signals.RESTARTS.key,
        what="Find out why the proxies run out of memory",
        owner=oscar,
        due=(deployed + 3 * A_DAY).date(),
        by=Actor.person(oscar, via="web"),
        now=deployed - 9 * A_DAY,
    )
    outcome = "They may use twice the memory since the deploy of gateway 41."
    finish_follow_up(follow_up=done, outcome=outcome, by=Actor.person(oscar, via="web"), now=deployed)
    begun = now - 12 * A_DAY
    open_follow_up(
        team=Team.objects.get(name="Shop"),
        service=signals.DISK.service,
        key=signals.DISK.key,
        what="Clean up after the nightly export, so that the disk does not fill",
        owner=maya,
        due=(begun + 7 * A_DAY).date(),
        by=Actor.person(User.objects.get(username="ruth"), via="web"),
        now=begun,
    )
