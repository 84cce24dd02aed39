"""A report as a mail to one reader: `report` is what they may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.html import escape

from people.models import User
from watchbill.reports.core.report import LoadReport
from watchbill.reports.writing.as_text import as_text

NARROW = 78


@dataclass(frozen=True, kw_only=True)
class Mail:
    """`images` are PNG by their content id."""

    subject: str
    text: str
    html: str
    images: Mapping[str, bytes] = field(default_factory=dict)


def mail_of(report: LoadReport, *, reader: User, address: str) -> Mail:
    """`address` is where the report can be read."""
    text = f"{as_text(report, width=NARROW)}\n{address}\n"
    totals = report.totals
    subject = f"{report.team}: {totals.red} red of {totals.shifts} shifts, {totals.pages} pages"
    return Mail(subject=subject, text=text, html=f"<pre>{escape(text)}</pre>")
