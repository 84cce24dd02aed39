"""A report as a mail to one reader. It opens without the network: pictures come along, in two versions, and
the reader's program takes that of its own colours. Where it cannot choose, it shows the light one.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import structlog
from django.template.loader import render_to_string

from people.models import User
from watchbill.reports.charts import Chart, alt, draw, shows
from watchbill.reports.core.report import LoadReport
from watchbill.reports.writing.entries import Entry
from watchbill.reports.writing.view import View, view_of

WIDE = 76
DOMAIN = "load.watchbill"
"""What follows the @ of a content id."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """`images` are PNG, by the content id that `html` calls them by."""

    subject: str
    text: str
    html: str
    images: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Picture:
    light: str
    dark: str
    alt: str


def mail_of(report: LoadReport, *, reader: User, address: str) -> Mail:
    """`report` is what the reader may see (`seen.for_reader`), `address` where it stays."""
    view = view_of(report, reader_id=reader.pk)
    drawn = {chart: pair for chart in view.charts if shows(report, chart) and (pair := _drawn(report, chart))}
    pictures = {chart: _picture(report, chart) for chart in drawn}
    context = {
        "view": view,
        "address": address,
        # Not by the bare name: where there is none of them, `pictures.keys` is a method of the mapping.
        "pictures": {f"of_{chart.value}": picture for chart, picture in pictures.items()},
    }
    return Mail(
        subject=view.subject,
        text=_text(view, address),
        html=render_to_string("reports/mail.html", context),
        images={
            cid: png
            for chart, picture in pictures.items()
            for cid, png in zip((picture.light, picture.dark), drawn[chart], strict=True)
        },
    )


def _drawn(report: LoadReport, chart: Chart) -> tuple[bytes, bytes] | None:
    """Light and dark. None where it cannot be drawn: a mail without a picture beats none."""
    try:
        return draw(report, chart, form="png"), draw(report, chart, form="png", dark=True)
    except ValueError:
        log.exception("load_picture_not_drawn", team=report.team, chart=chart.value)
        return None


def _picture(report: LoadReport, chart: Chart) -> Picture:
    return Picture(light=f"{chart}-light@{DOMAIN}", dark=f"{chart}-dark@{DOMAIN}", alt=alt(report, chart))


def _text(view: View, address: str) -> str:
    parts = [
        [view.headline.upper(), *_wrapped(view.lead)],
        [line for entry in view.verdicts for line in _entry(entry)],
        _wrapped(view.more),
        _headed("What to do", (line for one in view.advice for line in _wrapped(one, "- "))),
        _headed("Alerts", (line for entry in view.keys for line in _entry(entry))),
        _headed(view.people_are, (line for entry in view.people for line in _entry(entry))),
        _headed("In numbers", (f"{name}: {value}" for name, value in view.facts)),
        _headed("Not counted", (line for one in view.faults for line in _wrapped(one, "- "))),
        ["The whole report, with the pages behind each number:", address],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _entry(entry: Entry) -> Iterator[str]:
    colour = f"{entry.colour.upper()}: " if entry.colour else ""
    yield from _wrapped(f"{colour}{entry.title}", "* ")
    yield from _wrapped(entry.meta, "  ")
    for one in entry.said:
        yield from _wrapped(one, "  - ")


def _headed(head: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [head, *found] if found else []


def _wrapped(text: str, begin: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDE, initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False
    )
