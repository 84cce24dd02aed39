"""The team, and the report, that a page of pager load is about, where its reader may see it. Who may not
hears what is said of one that there is not.
"""

from urllib.parse import urlencode
from uuid import UUID

from django.core.cache import cache
from django.http import Http404

from people.models import Team, User
from watchbill.reports.core.report import LoadReport
from watchbill.reports.models import StoredReport
from watchbill.reports.reporting import report_of
from watchbill.reports.seen import for_reader, manages, may_read, teams_read
from watchbill.reports.selectors import stored_report
from watchbill.web.load_asked import Range

REMEMBERED = 60  # seconds


def seen_team(reader: User, name: str) -> Team:
    """Raises Http404."""
    team = next((team for team in teams_read(reader) if team.name == name), None)
    if team is None:
        raise Http404("There is no such team, or none that you may see.")
    return team


def seen_now(team: Team, reader: User, asked: Range) -> LoadReport:
    """Counted anew, and remembered for what comes beside it."""
    report = for_reader(report_of(team, asked.scope), reader_id=reader.pk, manages=manages(reader, team))
    cache.set(_name(team, reader, asked), report, timeout=REMEMBERED)
    return report


def seen_lately(team: Team, reader: User, asked: Range) -> LoadReport:
    """What the page has just shown, so that its pictures and files say the same; else counted now."""
    found: LoadReport | None = cache.get(_name(team, reader, asked))
    return found or seen_now(team, reader, asked)


def _name(team: Team, reader: User, asked: Range) -> str:
    return f"load:{team.pk}:{reader.pk}:{urlencode(sorted(asked.query.items()))}"


def seen_stored(reader: User, uid: UUID) -> StoredReport:
    """Raises Http404."""
    row = stored_report(uid)
    if row is None or not may_read(reader, row):
        raise Http404("There is no such report, or none that you may see.")
    return row
