"""Pictures of a pager-load report, each by a request of its own, and the report as a file."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from people import clock
from watchbill.reports.charts import Chart, Form, draw, sheet
from watchbill.reports.core.report import LoadReport
from watchbill.reports.seen import shown
from watchbill.reports.writing.as_csv import keys_csv, people_csv, shifts_csv
from watchbill.reports.writing.as_json import as_json
from watchbill.web.load_asked import part_of, range_of
from watchbill.web.load_seen import seen_lately, seen_stored, seen_team
from watchbill.web.pages import for_people, person

PICTURES: Mapping[Form, str] = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
# A drawing has its look in itself; it asks for nothing and runs nothing.
DRAWN = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
FORMS = ("csv", "json", "pdf", "png")
STAYS, PASSES = timedelta(days=1), timedelta(minutes=1)
"""How long a browser may show a picture again: of a stored report, and of one that is counted now."""
TABLES: Mapping[str, Callable[[list[LoadReport]], str]] = {
    "shifts": shifts_csv,
    "alerts": keys_csv,
    "people": people_csv,
}


@require_safe
@login_required
def chart_of_stored(request: HttpRequest, uid: UUID, chart: str, form: Form) -> HttpResponse:
    row = seen_stored(person(request), uid)
    return _picture(request, shown(row, person(request)), chart, form, keep=STAYS)


@require_safe
@login_required
def chart_of_team(request: HttpRequest, name: str, chart: str, form: Form) -> HttpResponse:
    return _picture(request, _now(request, name)[0], chart, form, keep=PASSES)


@require_safe
@for_people
def file_of_stored(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    row = seen_stored(person(request), uid)
    return _file(request, shown(row, person(request)), form, [])


@require_safe
@for_people
def file_of_team(request: HttpRequest, name: str, form: str) -> HttpResponse:
    report, faults = _now(request, name)
    return _file(request, report, form, faults)


def _now(request: HttpRequest, name: str) -> tuple[LoadReport, list[str]]:
    """With what makes no sense of the time that is asked for."""
    reader = person(request)
    team = seen_team(reader, name)
    asked = range_of(request.GET, team, reader, now=clock.now())
    return seen_lately(team, reader, asked), asked.faults


def _picture(
    request: HttpRequest, whole: LoadReport, chart: str, form: Form, *, keep: timedelta
) -> HttpResponse:
    """What of it the address chooses, as the page beside it."""
    report = part_of(request.GET, whole).of(whole)
    content = draw(report, Chart(chart), form=form, dark="dark" in request.GET)
    answer = HttpResponse(content, content_type=PICTURES[form])
    answer.headers["Content-Security-Policy"] = DRAWN
    patch_cache_control(answer, private=True, max_age=keep // timedelta(seconds=1))
    patch_vary_headers(answer, ["Cookie"])
    return answer


def _file(request: HttpRequest, whole: LoadReport, form: str, faults: list[str]) -> HttpResponse:
    """CSV is of shifts, or with `?table=` of alerts or people. A page says what it left out; a file cannot,
    and is none of something else.
    """
    part = part_of(request.GET, whole)
    if faults or part.faults:
        said = " ".join([*faults, *part.faults])
        return HttpResponseBadRequest(said, content_type="text/plain; charset=utf-8")
    report = part.of(whole)
    name = f"load-{report.team}-{report.until:%Y-%m-%d}"
    if form == "csv":
        table = request.GET.get("table", "shifts")
        if table not in TABLES:
            raise Http404(f"There is no such table; there is {', '.join(TABLES)}.")
        return _download(TABLES[table]([report]).encode(), "text/csv; charset=utf-8", f"{name}-{table}.csv")
    if form == "json":
        text = json.dumps(as_json([report]), ensure_ascii=False, indent=1)
        return _download(text.encode(), "application/json", f"{name}.json")
    picture: Form = "pdf" if form == "pdf" else "png"
    return _download(sheet(report, picture), PICTURES[picture], f"{name}.{picture}")


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return answer
