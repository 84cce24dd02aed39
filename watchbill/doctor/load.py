"""Pager-load reports that did not reach whom they were for."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from oncall.core.finding import Finding, warning
from watchbill.reports.selectors import given_up

RECENT = timedelta(days=8)
"""The last weekly one, and whatever came since."""


def not_mailed(now: datetime) -> Iterator[Finding]:
    for mail in given_up(since=now - RECENT):
        report = mail.report
        yield warning(
            f"The pager-load report of {report.team} up to {report.until:%Y-%m-%d} was not mailed to "
            f"{mail.user}: {mail.error}",
            f"Mend it, or name others in the mailing of {report.team}; the report itself is at "
            f"/load/reports/{report.uid}/.",
        )


CHECKS = (not_mailed,)
