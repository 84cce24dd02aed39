"""Who may read what of a report. A team's managers read all of it; whoever is in the team, their own rows and
the team's totals without names; money is for managers and for its person.
"""

from people.models import Membership, Team, User
from people.permissions import managed_team_ids
from watchbill.reports.core.report import LoadReport


def manages(reader: User, team: Team) -> bool:
    return reader.is_superuser or team.pk in managed_team_ids(reader)


def teams_read(reader: User) -> list[Team]:
    """Those of whose reports the reader may read anything, by name."""
    if reader.is_superuser:
        return list(Team.objects.order_by("name"))
    mine = Membership.objects.filter(user=reader).values("team")
    return list(Team.objects.filter(pk__in=mine).order_by("name"))


def for_reader(report: LoadReport, *, reader_id: int, manages: bool) -> LoadReport:
    """What of it the reader may see. Totals, alerts, response and the team's trend stay, without money; of
    shifts, people and pages only the reader's own.
    """
    if manages:
        return report
    mine = [n for n, row in enumerate(report.shifts) if row.user_id == reader_id]
    place = {old: new for new, old in enumerate(mine)}
    pages = [
        page.model_copy(update={"shift": None if page.shift is None else place.get(page.shift)})
        for page in report.pages
        if page.user_id == reader_id
    ]
    return report.model_copy(
        update={
            "totals": report.totals.model_copy(update={"cost": []}),
            "shifts": [report.shifts[n] for n in mine],
            "keys": [row.model_copy(update={"cost": []}) for row in report.keys],
            "people": [row for row in report.people if row.user_id == reader_id],
            "pages": pages,
        }
    )
