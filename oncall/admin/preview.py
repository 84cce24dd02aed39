"""A schedule as it would be after saving: its form, read without writing, and drawn week by week."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from oncall.actions import Refused
from oncall.actions.schedules import version_refusals
from oncall.advice import advise, advise_unsaved, news
from oncall.core import final
from oncall.core.coverage import uncovered
from oncall.core.difference import Difference, differences
from oncall.core.final import Roster, Shift
from oncall.core.override import Override
from oncall.core.walltime import first_instant, wall_time
from oncall.forms.schedule import POINTERS
from oncall.loading import rosters
from oncall.models import Schedule
from oncall.unsaved import Draft, Edited, asides, drafted, refusals
from people.models import Team, User
from people.recorded import kept_rows

WEEKS = (2, 4, 8)
USUAL = 4
TOLD = 8
LOOKED_BACK, LOOKED_AT = timedelta(weeks=2), timedelta(weeks=6)  # what advice asks of a roster
HOUR = timedelta(hours=1)
NOBODY = "nobody"


def preview(form: Any, beside: Iterable[Any], weeks: str, *, viewer: User, now: datetime) -> dict[str, Any]:
    """For the fragment: what is wrong in the form, and, where it can be read, the weeks to come.

    `form` and the formsets `beside` it are bound, and read here. `weeks` is one of WEEKS, or anything.
    `viewer` is who looks: what is said aside may be for some only.
    """
    rows = list(beside)
    readable = [part.is_valid() for part in (form, *rows)]
    context: dict[str, Any] = {"faults": list(_faults(form, rows)), "readable": all(readable)}
    if form.definition is None or "time_zone" not in form.cleaned_data:
        return context
    try:
        drawn = _drawn(form, rows, int(weeks) if weeks in map(str, WEEKS) else USUAL, now=now)
        for aside in asides() if all(readable) else ():
            schedule = form.instance if form.instance.pk else None
            name = form.cleaned_data.get("name") or form.instance.name
            drawn |= aside(Edited(schedule, name, _draft(form, rows)), viewer, now)
    except Refused as refusal:
        return {"faults": [*context["faults"], str(refusal)], "readable": False}
    return context | drawn


def _drawn(form: Any, rows: Iterable[Any], weeks: int, *, now: datetime) -> dict[str, Any]:
    schedule = Schedule.objects.get(pk=form.instance.pk) if form.instance.pk else None
    draft = _draft(form, rows)
    zone = ZoneInfo(draft.time_zone)
    edges = _weeks(wall_time(now, zone), weeks, zone)
    since, until = edges[0], edges[-1]
    stored = _stored(schedule, since, max(until, now + LOOKED_AT)) if schedule else None
    later = drafted(stored, draft, now=now)
    before = final.shifts(stored, since, until) if stored else []
    after = final.shifts(later, since, until)
    changed = differences(before, after) if stored else []
    people = _people([*before, *after])
    return {
        "refused": [*_refused(form, draft, now=now), *refusals(stored or Roster(()), draft, now=now)],
        **_advice(schedule, later, form.cleaned_data.get("team"), now=now),
        "new": stored is None,
        "weeks": weeks,
        "changes": _some([_told_change(one, people, zone) for one in changed]),
        "gaps": _some([_told_gap(one, zone) for one in uncovered(after) if one.end > now]),
        "legend": list(_legend(before, after, people)),
        "strips": [
            {
                "shifts": [one for one in after if one.start < end and one.end > start],
                "changed": [one for one in changed if one.start < end and one.end > start],
                "people": people,
                "since": start,
                "until": end,
                "zone": zone,
                "now": now,
            }
            for start, end in pairwise(edges)
        ],
    }


def _stored(schedule: Schedule, since: datetime, until: datetime) -> Roster:
    return rosters([schedule.pk], since=since - LOOKED_BACK, until=until)[schedule.pk]


def _refused(form: Any, draft: Draft, *, now: datetime) -> list[str]:
    """What the verbs would say of the people who are named."""
    return list(
        version_refusals(
            schedule=form.instance,
            time_zone=draft.time_zone,
            holidays=draft.holidays,
            definition=draft.definition,
            at=draft.begins or now,
        )
    )


def _advice(schedule: Schedule | None, later: Roster, team: Team | None, *, now: datetime) -> dict[str, Any]:
    """What saving would cause, what it would mend, and how much is so already."""
    after = advise_unsaved(schedule=schedule, roster=later, team=team, now=now)
    before = advise([schedule.pk], now=now).get(schedule.pk, []) if schedule else []
    told = news(before, after)
    return {"worse": told.worse, "better": told.better, "findings": after}


def _weeks(now: datetime, weeks: int, zone: tzinfo) -> list[datetime]:
    """Midnights a week apart, from today's on."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return [first_instant(today + timedelta(days=7 * n), zone) for n in range(weeks + 1)]


def _draft(form: Any, rows: Iterable[Any]) -> Draft:
    overrides = [row for formset in rows for row in kept_rows(formset) if row.is_valid()]
    temporary = form.temporary if form.temporary.ready else None
    new = temporary.new() if temporary else None
    return Draft(
        time_zone=form.cleaned_data["time_zone"],
        holidays=form.cleaned_data.get("holidays", ""),
        definition=form.definition,
        begins=form.effective_from,
        overrides=[_override(row.cleaned_data) for row in overrides if not row.instance.pk],
        temporaries=[new] if new else [],
        stopped={row.instance.pk for row in overrides if row.instance.pk and row.cleaned_data["stop"]},
        stopped_temporaries={row.start for row in temporary.stopped()} if temporary else frozenset(),
    )


def _override(given: Mapping[str, Any]) -> Override:
    instead_of = given["instead_of"].pk if given["instead_of"] else None
    span = (given["start"], given["end"])
    return Override(given["role"], given["kind"], *span, given["user"].pk, instead_of)


def _people(shifts: Iterable[Shift]) -> Mapping[int, User]:
    return User.objects.in_bulk({shift.user for shift in shifts if shift.user is not None})


def _some(told: Sequence[str]) -> dict[str, Any]:
    return {"count": len(told), "told": told[:TOLD], "more": max(len(told) - TOLD, 0)}


def _told_change(one: Difference, people: Mapping[int, User], zone: tzinfo) -> str:
    old, new = (_names(users, people) for users in (one.before, one.after))
    return f"{one.role}, {_span(one.start, one.end, zone)}: {new} instead of {old}"


def _names(users: Sequence[int], people: Mapping[int, User]) -> str:
    return " + ".join(str(people[user]) for user in users) or NOBODY


def _told_gap(one: Shift, zone: tzinfo) -> str:
    return f"{one.role}, {_span(one.start, one.end, zone)}"


def _span(start: datetime, end: datetime, zone: tzinfo) -> str:
    first, last = (f"{at.astimezone(zone):%a %d %b %H:%M}" for at in (start, end))
    return f"{first} to {last}"


def _legend(
    before: Iterable[Shift], after: Iterable[Shift], people: Mapping[int, User]
) -> Iterator[dict[str, Any]]:
    """Everybody's hours in the span, and what they are as it stands."""
    old, new = _hours(before), _hours(after)
    for pk, person in sorted(people.items(), key=lambda one: str(one[1])):
        yield {"person": person, "hours": new.get(pk, 0), "before": old.get(pk, 0)}


def _hours(shifts: Iterable[Shift]) -> Mapping[int, int]:
    carried: defaultdict[int, timedelta] = defaultdict(timedelta)
    for shift in shifts:
        if shift.user is not None:
            carried[shift.user] += shift.end - shift.start
    return {user: round(time / HOUR) for user, time in carried.items()}


def _faults(form: Any, rows: Iterable[Any]) -> Iterator[str]:
    """Everything that is wrong, each once: the form's own sentences first, then those beside a field."""
    said = [text for text in _messages(form) if text not in POINTERS]
    yield from said
    named = [("Layer", form.layers), ("Role that follows", form.follows), ("Shift", form.temporary.carried)]
    for title, formset in [*named, *(("Override", formset) for formset in rows)]:
        yield from formset.non_form_errors()
        for number, row in enumerate(formset.forms, 1):
            for text in _messages(row):
                if not any(one.endswith(text.partition(": ")[2] or text) for one in said):
                    yield f"{title} {number}, {text}"
    for part in (form.temporary.span, form.temporary.stop):
        yield from (f"Temporary schedule, {text}" for text in _messages(part))


def _messages(form: Any) -> Iterator[str]:
    for name, errors in form.errors.items():
        field = form.fields.get(name)
        label = f"{field.label or name.replace('_', ' ').capitalize()}: " if field else ""
        yield from (f"{label}{error}" for error in errors)
