"""Who may read what of a report. A team's managers read all of it; whoever is in the team, their own rows and
the team's totals without names; money is for managers and for its person.
"""

from people.models import Membership, Team, User
from people.permissions import managed_team_ids
from watchbill.reports.core.report import LoadReport
from watchbill.reports.models import StoredReport
from watchbill.reports.selectors import body_of


def manages(reader: User, team: Team) -> bool:
    return reader.is_superuser or team.pk in managed_team_ids(reader)


def teams_read(reader: User) -> list[Team]:
    """Those of whose reports the reader may read anything, by name."""
    if reader.is_superuser:
        return list(Team.objects.order_by("name"))
    mine = Membership.objects.filter(user=reader).values("team")
    return list(Team.objects.filter(pk__in=mine).order_by("name"))


def may_read(reader: User, stored: StoredReport) -> bool:
    """One shift's: whoever carried it, and managers; any other: whoever is in the team."""
    if stored.about_id == reader.pk or manages(reader, stored.team):
        return True
    is_in = Membership.objects.filter(user=reader, team=stored.team).exists()
    return is_in and stored.kind != StoredReport.Kind.SHIFT


def why_not(reader: User, stored: StoredReport) -> str:
    """Why `reader` may not read it, as a sentence; empty where they may."""
    if may_read(reader, stored):
        return ""
    return f"{reader} is not in {stored.team}, and may not read its reports."


def shown(stored: StoredReport, reader: User) -> LoadReport:
    """What of a stored report the reader may see now."""
    return for_reader(body_of(stored), reader_id=reader.pk, manages=manages(reader, stored.team))


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
