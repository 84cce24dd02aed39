"""Reads of stored reports and of whom they go to. What of one somebody may see: `watchbill.reports.seen`."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from people.models import Membership, Team, User
from watchbill.reports.core.report import LoadReport
from watchbill.reports.core.thresholds import Said
from watchbill.reports.models import Delivery, FollowUp, Mailing, StoredReport


class Week(NamedTuple):
    """What a team's newest weekly report said. `over_budget`: the share of its shifts of 90 days."""

    team: str
    uid: UUID
    since: datetime
    until: datetime
    red: int
    amber: int
    green: int
    pages: int
    sleep_interruptions: int
    over_budget: float

    @property
    def verdict(self) -> Said | None:
        """Of its worst shift; None where there was none."""
        numbers: dict[Said, int] = {"red": self.red, "amber": self.amber, "green": self.green}
        return next((colour for colour, number in numbers.items() if number), None)


def newest_weeks(teams: Iterable[Team] | None = None) -> list[Week]:
    """Of each team that has one, by name; of these teams or of all. One query, and nothing is counted."""
    weekly = StoredReport.objects.filter(kind=StoredReport.Kind.WEEKLY)
    newest = weekly.filter(team=OuterRef("team")).order_by("-until", "-pk").values("pk")[:1]
    rows = weekly.filter(pk=Subquery(newest))
    if teams is not None:
        rows = rows.filter(team__in=[team.pk for team in teams])
    fields = ("team__name", "uid", "since", "until", "red", "amber", "green", "pages")
    of_body = ("body__totals__sleep_interruptions", "body__trend__share_over")
    return [Week(*row) for row in rows.order_by("team__name").values_list(*fields, *of_body)]


def stored_report(uid: UUID) -> StoredReport | None:
    return StoredReport.objects.select_related("team", "about").filter(uid=uid).first()


def stored_reports(team: Team) -> QuerySet[StoredReport]:
    """Without what they say, the newest first."""
    rows = StoredReport.objects.filter(team=team).select_related("team", "about").defer("body")
    return rows.order_by("-until", "-pk")


def body_of(stored: StoredReport) -> LoadReport:
    """As it was when it was made; all of it, whoever may see what."""
    return LoadReport.model_validate(stored.body)


def recipients(team: Team) -> list[User]:
    """To whom the team's weekly report goes: those who are named, else its managers; nobody who has left, be
    it the team or altogether.
    """
    named = readers_of(team).filter(pk__in=Mailing.objects.filter(team=team).values("to"))
    return list(named.order_by("username")) or managers(team)


def readers_of(team: Team) -> QuerySet[User]:
    """Who may read anything of its reports: whoever is in it, and administrators."""
    is_in = Q(pk__in=Membership.objects.filter(team=team).values("user"))
    return User.objects.filter(is_in | Q(is_superuser=True), is_active=True)


def managers(team: Team) -> list[User]:
    rows = Membership.objects.filter(team=team, role=Membership.Role.MANAGER)
    return list(User.objects.filter(pk__in=rows.values("user"), is_active=True).order_by("username"))


def deliveries_of(stored: StoredReport) -> list[Delivery]:
    """By username."""
    return list(stored.deliveries.select_related("user").order_by("user__username"))


def given_up(*, since: datetime) -> list[Delivery]:
    """Mails that nobody tries to send any more, of reports made since then; the newest report first."""
    rows = Delivery.objects.filter(state=Delivery.State.GIVEN_UP, report__made_at__gte=since)
    return list(rows.select_related("user", "report__team").order_by("-report__made_at", "pk"))


def open_follow_ups(team: Team) -> list[FollowUp]:
    """Of the team, the first to be done first."""
    rows = FollowUp.objects.filter(team=team, done_at=None)
    return list(rows.select_related("owner", "team").order_by("due", "pk"))


def follow_ups_for(user: User) -> list[FollowUp]:
    """What `user` is still to do, of whatever team, the first to be done first."""
    rows = FollowUp.objects.filter(owner=user, done_at=None)
    return list(rows.select_related("owner", "team").order_by("due", "pk"))


def done_follow_ups(team_id: int | None, *, since: datetime, until: datetime) -> list[FollowUp]:
    """Of the team, that were done in [since, until), by when."""
    rows = FollowUp.objects.filter(team=team_id, done_at__gte=since, done_at__lt=until)
    return list(rows.order_by("done_at", "pk"))
