"""Calendar feeds: `/ical/<token>.ics`, the roster for calendar programs that poll without logging in."""

import gzip
import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import CharField, DateTimeField, F, JSONField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from oncall.actions.feeds import digest_of, note_fetch
from oncall.calendars import Change, Publication, Shown, events_of, render
from oncall.core.final import EARLIEST, Roster, Shift, shifts
from oncall.loading import rosters
from oncall.models import Feed, Schedule
from oncall.selectors import schedules_of
from people.ledger.models import Entry
from people.ledger.verbs import Verb
from people.models import User

BACK = timedelta(days=30)
AHEAD = timedelta(days=180)
MOST_EVENTS = 2000
MARGIN = timedelta(days=35)  # most shifts at the edges of the window are whole within it
ACCEPTS_GZIP = re.compile(r"\bgzip\b")

STORY = ("subject_type", "subject_id", "verb", "at", "why", "data")
OF_A_SCHEDULE = [verb for verb in Verb if verb.partition(".")[0] in {"schedule", "override", "temporary"}]


@csrf_exempt  # so that a POST hears of its method, and no form token is asked of a calendar
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar behind a secret address; 404 for an unknown one, 410 for a revoked or a leaver's."""
    now = timezone.now()
    row = Feed.objects.select_related("user", "schedule").filter(digest=digest_of(token)).first()
    if row is None:
        response: HttpResponseBase = _refusal(404, "There is no calendar at this address.")
    elif row.revoked_at is not None or (row.user is not None and not row.user.is_active):
        response = _refusal(410, "This calendar was withdrawn; ask for its new address.")
    else:
        note_fetch(feed=row, user_agent=request.headers.get("User-Agent", ""), now=now)
        response = _answer(request, row, token, now=now)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def address_of(token: str) -> str:
    return f"{settings.PUBLIC_URL}/ical/{token}.ics"


def shown_between(schedules: Sequence[Schedule], *, since: datetime, until: datetime) -> list[Shown]:
    """What calendars show of [since, until): whole shifts, in four queries however many shifts there are.

    One query more where a layer counts worked days.
    """
    widest = datetime(since.year - 1, 1, 1, tzinfo=UTC), datetime(until.year + 2, 1, 1, tzinfo=UTC)
    found = rosters([schedule.pk for schedule in schedules], since=widest[0], until=widest[1])
    people = set().union(*(_people(roster) for roster in found.values()))
    story = list(_story(list(found), people))
    names = {told.subject_id: told.why or told.verb for told in story if told.subject_type == "name"}
    return [
        Shown(
            uid=str(schedule.uid),
            name=schedule.name,
            since=since,
            until=until,
            shifts=_whole_shifts(found[schedule.pk], (since, until), widest),
            names=names,
            changes=list(_changes(schedule.pk, story)),
        )
        for schedule in schedules
        if schedule.pk in found
    ]


def _refusal(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _answer(request: HttpRequest, row: Feed, token: str, *, now: datetime) -> HttpResponseBase:
    schedules = [row.schedule] if row.schedule else list(schedules_of(row.user_id or 0))
    shown = shown_between(schedules, since=now - BACK, until=now + AHEAD)
    name = f"On call: {row.user or row.schedule}"
    body = render(_publication(name, shown, user=row.user_id, source=address_of(token)))
    etag = hashlib.sha256(body).hexdigest()
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    if ACCEPTS_GZIP.search(request.headers.get("Accept-Encoding", "")):
        response.content = gzip.compress(body, mtime=0)
        response["Content-Encoding"] = "gzip"
        etag += "-gzip"
    changed = int(_last_changed(shown, row).timestamp())
    response["Last-Modified"] = f"{datetime.fromtimestamp(changed, UTC):%a, %d %b %Y %H:%M:%S} GMT"
    response["ETag"] = f'"{etag}"'
    response["Cache-Control"] = "private, max-age=300"
    response["Vary"] = "Accept-Encoding"
    response["Content-Disposition"] = content_disposition_header(False, f"{name}.ics") or "inline"
    return (
        get_conditional_response(request, etag=response["ETag"], last_modified=changed, response=response)
        or response
    )


def _publication(name: str, shown: Sequence[Shown], *, user: int | None, source: str) -> Publication:
    events = [event for one in shown for event in events_of(one, public_url=settings.PUBLIC_URL, user=user)]
    events.sort(key=lambda event: (event.start, event.uid))
    about = "Shifts after overrides, from Watchbill. Calendar programs may show a change up to a day late."
    return Publication(name=name, description=about, events=events[:MOST_EVENTS], source=source)


def _last_changed(shown: Sequence[Shown], row: Feed) -> datetime:
    """When the document last changed: by a change, or by a shift that came into the window or left it."""
    changes = [change.at for one in shown for change in one.changes]
    came = [shift.start - AHEAD for one in shown for shift in one.shifts if one.shows(shift)]
    went = [shift.end + BACK for one in shown for shift in one.shifts if shift.end <= one.since]
    return max([row.created_at, *changes, *came, *went])


def _whole_shifts(
    roster: Roster, window: tuple[datetime, datetime], widest: tuple[datetime, datetime]
) -> list[Shift]:
    """The shifts of the window and around it, those that overlap the window uncut.

    What reaches further than `widest` (a gap that never ends) is cut there: at a new year, so that its UID
    stays the same for a year.
    """
    first = max(widest[0], roster.versions[0].effective_from)
    last = min(widest[1], roster.retired_at or widest[1])
    for since, until in ((window[0] - MARGIN, window[1] + MARGIN), widest):
        start, end = max(since, first), min(until, last)
        found = shifts(roster, start, end, split_at_handoffs=True) if start < end else []
        cut = (start if start > first else None, end if end < last else None)
        if not any(shift.start == cut[0] or shift.end == cut[1] for shift in _within(found, window)):
            break
    return found


def _within(found: Sequence[Shift], window: tuple[datetime, datetime]) -> Iterator[Shift]:
    return (shift for shift in found if shift.start < window[1] and shift.end > window[0])


def _people(roster: Roster) -> set[int]:
    """Everyone who may appear in a roster, or who would if they had not left."""
    named = {user for version in roster.versions for user in version.definition.users()}
    named |= {override.user for override in roster.overrides}
    return named | {shift.user for temporary in roster.temporaries for shift in temporary.shifts}


class _Told(NamedTuple):
    """A line of the ledger, or (subject_type `name`) a person's name in `why` and username in `verb`."""

    subject_type: str
    subject_id: int
    verb: str
    at: datetime
    why: str
    data: dict[str, Any]


def _story(schedules: Sequence[int], people: set[int]) -> Iterator[_Told]:
    """What happened to the schedules, and what the people are called, in one query."""
    told = Entry.objects.filter(
        Q(subject_type="schedule", subject_id__in=schedules, verb__in=OF_A_SCHEDULE)
        | Q(subject_type="user", subject_id__in=people, verb__in=(Verb.USER_CHANGED, Verb.USER_DEACTIVATED))
    ).values_list(*STORY)
    rows: QuerySet[Any, Any] = told.union(_names(people), all=True)
    return (_Told(*row) for row in rows)


def _names(people: set[int]) -> QuerySet[Any, Any]:
    columns = {
        "subject_type": Cast(Value("name"), CharField()),
        "subject_id": F("pk"),
        "verb": F("username"),
        "at": Cast(Value(None), DateTimeField()),
        "why": Cast(F("name"), TextField()),
        "data": Cast(Value(None), JSONField()),
    }
    return User.objects.filter(pk__in=people).annotate(**columns).values_list(*STORY)


def _changes(schedule: int, story: Sequence[_Told]) -> Iterator[Change]:
    """The ledger's lines as changes of the roster, with the widest span each override ever had."""
    ends: dict[tuple[str, int], datetime] = {}
    ours = [told for told in story if (told.subject_type, told.subject_id) == ("schedule", schedule)]
    for told in ours:
        if "end" in told.data:
            end = datetime.fromisoformat(told.data["end"])
            ends[_of(told)] = max(end, ends.get(_of(told), end))
    for told in ours:
        yield Change(
            at=told.at,
            start=_start(told),
            end=ends.get(_of(told)),
            role=told.data.get("role", ""),
            kind=told.data.get("kind", ""),
            reason=told.why,
        )
    for told in story:
        if told.subject_type == "user":
            yield _change_of_person(told)


def _change_of_person(told: _Told) -> Change:
    if told.verb == Verb.USER_DEACTIVATED:  # their turns are gaps from here on
        return Change(at=told.at, start=told.at)
    return Change(at=told.at, start=EARLIEST, user=told.subject_id)


def _of(told: _Told) -> tuple[str, int]:
    """The override or temporary schedule that a line is about."""
    kind = "override" if "override" in told.data else "temporary"
    return kind, told.data.get(kind, 0)


def _start(told: _Told) -> datetime:
    written = told.data.get("effective_from") or told.data.get("start")
    if written:
        return datetime.fromisoformat(written)
    return told.at if told.verb == Verb.SCHEDULE_RETIRED else EARLIEST
