"""A report is kept as it was, and who is to be mailed it. In the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User
from watchbill.reports.core.report import LoadReport
from watchbill.reports.models import Delivery, StoredReport

Kind = StoredReport.Kind


def store(report: LoadReport, *, kind: str, about: User | None = None, shift: str = "") -> StoredReport:
    """Of a week, and of a shift, there is one: who comes second gets the first one's, as it was."""
    row = StoredReport(
        team_id=report.team_id,
        kind=kind,
        about=about,
        shift=shift,
        since=report.since,
        until=report.until,
        made_at=report.made_at,
        red=report.totals.red,
        amber=report.totals.amber,
        green=report.totals.green,
        pages=report.totals.pages,
        body=report.model_dump(mode="json"),
    )
    StoredReport.objects.bulk_create(
        [row], ignore_conflicts=True
    )  # its constraints decide, not a look before
    kept = StoredReport.objects.filter(uid=row.uid).first()
    return kept or StoredReport.objects.get(**_same(row))


def _same(row: StoredReport) -> dict[str, Any]:
    """What one week's, or one shift's, have in common."""
    found = {"team": row.team_id, "kind": row.kind, "until": row.until}
    if row.kind == Kind.WEEKLY:
        return found | {"since": row.since}
    return found | {"about": row.about_id, "shift": row.shift}


def mail(stored: StoredReport, *, to: Mapping[User, datetime]) -> None:
    """To each of them at their time; somebody who is to be mailed it already is not mailed it twice."""
    rows = [Delivery(report=stored, user=user, due_at=due_at) for user, due_at in to.items()]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def keep_asked(report: LoadReport, *, to: Mapping[User, datetime], by: Actor, now: datetime) -> StoredReport:
    """One that somebody asked for, whatever there is of the same time, and its mails."""
    stored = store(report, kind=Kind.ASKED)
    mail(stored, to=to)
    record(
        [
            Line(
                verb=Verb.LOAD_REPORT_SENT,
                subject=("team", report.team_id),
                actor=by,
                what=f"sent the pager-load report of {report.team} to {_names(to)}",
                data={"report": str(stored.uid)},
            )
        ],
        now=now,
    )
    return stored


def _names(to: Mapping[User, datetime]) -> str:
    return ", ".join(sorted(str(user) for user in to)) or "nobody"
