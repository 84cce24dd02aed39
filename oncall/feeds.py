"""Calendar feeds: `/ical/<token>.ics`, the roster for calendar programs that poll without logging in."""

import gzip
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from oncall.actions.feeds import Answer, digest_of, note_fetch, remember
from oncall.actions.slots import publish, stale
from oncall.addresses import address_of
from oncall.calendars import Event, Publication, Shown, View, events_of, render
from oncall.models import Feed, Schedule
from oncall.showing import basis, covered, people_named, showing

MOST_EVENTS = 2000
ACCEPTS_GZIP = re.compile(r"\bgzip\b")
CONDITIONS = ("If-None-Match", "If-Modified-Since")
# Each poll of each calendar asks this, and Django takes longer to put it together than the database does
# to answer.
ASKED = """
SELECT feed.*, COALESCE(NOT owner.is_active, FALSE) AS has_left
FROM oncall_feed feed LEFT JOIN people_user owner ON owner.id = feed.user_id WHERE feed.digest = %s
"""
ABOUT = "Shifts after overrides, from Watchbill. Calendar programs may show a change up to a day late."


@csrf_exempt  # so that a POST hears of its method, and no form token is asked of a calendar
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar behind a secret address; 404 for an unknown one, 410 for a revoked or a leaver's."""
    now = timezone.now()
    row = next(iter(Feed.objects.raw(ASKED, [digest_of(token)])), None)
    if row is None:
        response: HttpResponseBase = _refusal(404, "There is no calendar at this address.")
    elif row.revoked_at is not None or vars(row)["has_left"]:
        response = _refusal(410, "This calendar was withdrawn; ask for its new address.")
    else:
        note_fetch(feed=row, user_agent=request.headers.get("User-Agent", ""), now=now)
        response = _answer(request, row, token, now=now)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _refusal(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _answer(request: HttpRequest, row: Feed, token: str, *, now: datetime) -> HttpResponseBase:
    schedules = covered(row)
    if row.modified_at is not None and _knows_the_last(request, row, schedules, now=now):
        known = _conditional(request, row.etag, row.modified_at, HttpResponse(status=200))
        if known.status_code != 200:
            return known
    return _whole(request, row, token, schedules, now=now)


def _knows_the_last(request: HttpRequest, row: Feed, schedules: Sequence[Schedule], *, now: datetime) -> bool:
    """Whether the program says that it has an answer, and another would be the last one again."""
    if row.fresh_until is None or now >= row.fresh_until or not any(map(request.headers.get, CONDITIONS)):
        return False
    return row.rests_on == basis(row, schedules, people_named(row.people or ()))


def _whole(
    request: HttpRequest, row: Feed, token: str, schedules: Sequence[Schedule], *, now: datetime
) -> HttpResponseBase:
    """What the answer rests on is read before the slots: a change in between is found by the next poll."""
    schedules = _published(row, schedules, now=now)
    found = showing(row, schedules, now=now)
    body = render(_publication(row, found.shown, source=address_of(token)))
    answer = Answer(
        etag=hashlib.sha256(body).hexdigest(),
        rests_on=basis(row, schedules, found.people),
        people=found.named(),
        fresh_until=found.fresh_until,
    )
    modified_at = remember(feed=row, answer=answer, now=now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(False, f"{_title(row)}.ics") or "inline"
    return _conditional(request, answer.etag, modified_at, response)


def _published(row: Feed, schedules: Sequence[Schedule], *, now: datetime) -> Sequence[Schedule]:
    """The schedules, their slots as they are now: a calendar does not wait for the keeper."""
    due = stale(Schedule.objects.filter(pk__in=[schedule.pk for schedule in schedules]), now=now)
    for schedule in due:
        publish(schedule_id=schedule, now=now)
    return covered(row) if due else schedules


def _conditional(
    request: HttpRequest, etag: str, modified_at: datetime, response: HttpResponse
) -> HttpResponseBase:
    """The response with its validators, packed where that is understood, or 304 in its stead."""
    packed = bool(ACCEPTS_GZIP.search(request.headers.get("Accept-Encoding", "")))
    response["ETag"] = f'"{etag}-gzip"' if packed else f'"{etag}"'
    changed = int(modified_at.timestamp())
    response["Last-Modified"] = f"{datetime.fromtimestamp(changed, UTC):%a, %d %b %Y %H:%M:%S} GMT"
    response["Cache-Control"] = "private, max-age=300"
    response["Vary"] = "Accept-Encoding"
    answer = get_conditional_response(
        request, etag=response["ETag"], last_modified=changed, response=response
    )
    if answer is response and packed and response.content:
        response.content = gzip.compress(response.content, compresslevel=6, mtime=0)
        response["Content-Encoding"] = "gzip"
    return answer or response


def _title(row: Feed) -> str:
    of = row.user or row.schedule or row.team
    if row.gaps:
        return f"On call: gaps of {of}" if of else "On call: all gaps"
    return f"On call: {of}"


def _publication(row: Feed, shown: Sequence[Shown], *, source: str) -> Publication:
    view = View(public_url=settings.PUBLIC_URL, user=row.user_id, gaps=row.gaps)
    events = nearest([event for one in shown for event in events_of(one, view)])
    name, alarm = _title(row), row.alarm_minutes if row.user_id else None
    return Publication(name=name, description=ABOUT, events=events, source=source, alarm=alarm)


def nearest(events: list[Event]) -> list[Event]:
    """As many as calendars bear, by start; what was cancelled gives way first."""
    events.sort(key=lambda event: (event.start, event.uid))
    if len(events) <= MOST_EVENTS:
        return events
    live = [event for event in events if not event.cancelled][:MOST_EVENTS]
    gone = [event for event in events if event.cancelled][: MOST_EVENTS - len(live)]
    return sorted([*live, *gone], key=lambda event: (event.start, event.uid))
