"""A part of a report: what is listed is fewer, and every number stays what it was."""

from watchbill.reports.core.report import LoadReport, PageRow, ShiftRow


def narrow(  # noqa: PLR0913 - each is one thing to choose by
    report: LoadReport,
    *,
    schedule: str = "",
    role: str = "",
    user: str = "",
    key: str = "",
    service: str = "",
    verdict: str = "",
) -> LoadReport:
    """The shifts that are all of what is given, and their pages; of an alert, the shifts that had a page of
    it, and those pages. Pages beside all shifts stay where nothing is asked of a shift.

    Nothing is counted anew: the totals, the trend and the response stay the team's, a shift's numbers the
    whole shift's.
    """
    about = {page.id for page in report.pages if _is_about(page, key, service)}

    def is_wanted(row: ShiftRow) -> bool:
        asked = ((schedule, row.schedule), (role, row.role), (user, row.user), (verdict, row.verdict))
        has_it = not (key or service) or not about.isdisjoint(row.pages_seen)
        return has_it and all(want in {"", there} for want, there in asked)

    wanted = [n for n, row in enumerate(report.shifts) if is_wanted(row)]
    place = {old: new for new, old in enumerate(wanted)}
    beside = not (schedule or role or verdict)
    return report.model_copy(
        update={
            "shifts": [report.shifts[n] for n in wanted],
            "keys": [row for row in report.keys if key in {"", row.key} and service in {"", row.service}],
            "people": [row for row in report.people if user in {"", row.user}],
            "pages": [
                page.model_copy(update={"shift": None if page.shift is None else place[page.shift]})
                for page in report.pages
                if page.id in about
                and (page.shift in place or (page.shift is None and beside and user in {"", page.user}))
            ],
        }
    )


def _is_about(page: PageRow, key: str, service: str) -> bool:
    return key in {"", page.key} and service in {"", page.service}
