"""The page on which a routing key's mapping is written, and tried on what was posted last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import display

from escalation.actions.config import ConfigError
from escalation.actions.mappings import set_mapping
from escalation.core.severity import Graded, Grading
from escalation.core.spoken import about
from escalation.forms.mapping import NOTHING, MappingForm, typed_of
from escalation.models import LastPost, RoutingKey, Service
from escalation.sources.event import Event, Malformed
from escalation.sources.generic import payload_of
from escalation.sources.mapping import KeyMapping, tidied
from escalation.sources.presets import PRESETS
from escalation.sources.reading import Reading, read
from escalation.sources.request import Sent
from people import clock
from people.permissions import may_edit_team
from people.recorded import actor_of, user_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[RoutingKey]
else:
    Base = object

SHOWN = 20
"""Events of one post that the page shows."""
MOST_LETTERS = 200
"""Of what an expression found."""
EXAMPLE = '{\n  "title": "Backup of db1 failed",\n  "state": "failed",\n  "priority": "P2"\n}'
DOES = {"trigger": "opens, or counts on, an alert", "acknowledge": "acknowledges", "resolve": "resolves"}
URL = "admin:escalation_routingkey_mapping"


@dataclass(frozen=True)
class Shown:
    """One event as this service would take it in."""

    event: Event
    does: str
    graded: Graded
    made_key: bool


@dataclass(frozen=True)
class Tried:
    """What a mapping makes of a payload: `said` in a sentence; `results` and `faults` by field, of the first
    item; `wrong` is why the payload itself cannot be read.
    """

    said: str
    wrong: str = ""
    notes: tuple[str, ...] = ()
    events: tuple[Shown, ...] = ()
    results: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


class MappingPage(Base):
    """Mixed into the routing keys' admin: `<id>/mapping/`, for whoever may edit the team of the service."""

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.mapping_view)
        tried = self.admin_site.admin_view(require_POST(self.try_view))
        return [
            path("<int:object_id>/mapping/", page, name="escalation_routingkey_mapping"),
            path("<int:object_id>/mapping/try/", tried, name="escalation_routingkey_mapping_try"),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: RoutingKey | None = None) -> Any:
        return (*super().get_fields(request, obj), *(("reads",) if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: RoutingKey | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "reads")

    @display(description="The generic source reads")
    def reads(self, row: RoutingKey) -> str:
        names = ", ".join(tidied(row.mapping))
        how = f"by a mapping of {names}" if names else "by the usual names"
        return format_html(
            "{}. <a class='text-primary-600 dark:text-primary-500' href='{}'>Edit and try the mapping</a>",
            how,
            reverse(URL, args=[row.pk]),
        )

    def mapping_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The page. A button of its form saves, tries, fills in a preset, or fetches a payload."""
        row = self._row(request, object_id)
        posts = {post.outcome: post for post in LastPost.objects.filter(key=row)}
        if request.method == "POST":
            form = MappingForm(_pressed(request, posts))
            if form.is_valid() and "save" in request.POST and self._saved(request, row, form):
                return redirect(URL, row.pk)
        else:
            last = next((post.body for post in _to_try_on(posts) if post.body), EXAMPLE)
            payload = pretty(last)
            form = MappingForm({**typed_of(row.mapping), "payload": payload})
            form.is_valid()
        tried = _tried(form, row)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Mapping of {row.name}",
            "opts": self.opts,
            "row": row,
            "form": form,
            "lines": form.lines(tried.results, tried.faults),
            "tried": tried,
            "posts": [_post(post) for post in _to_try_on(posts) if post.body],
            "presets": PRESETS,
        }
        return render(request, "escalation/mapping.html", context)

    def try_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What the form, as it is sent, would make of its payload. Nothing is written."""
        row = self._row(request, object_id)
        form = MappingForm(request.POST)
        form.is_valid()
        tried = _tried(form, row)
        context = {"tried": tried, "lines": form.lines(tried.results, tried.faults)}
        return render(request, "escalation/mapping_tried.html", context)

    def _row(self, request: HttpRequest, object_id: int) -> RoutingKey:
        """The key, as it stands. Whoever may not see it hears that there is none."""
        rows = self.get_queryset(request).select_related("service__team")
        row = rows.filter(pk=object_id).first() if self.has_view_permission(request) else None
        if row is None:
            raise Http404
        if not may_edit_team(user_of(request), row.service.team):
            raise PermissionDenied
        return row

    def _saved(self, request: HttpRequest, row: RoutingKey, form: MappingForm) -> bool:
        try:
            set_mapping(key=row, mapping=form.mapping(), by=actor_of(request), now=clock.now())
        except ConfigError as refusal:
            form.add_error(None, str(refusal))
            return False
        messages.success(request, "Saved: from now on what comes by this key is read so.")
        return True


def _to_try_on(posts: Mapping[str, LastPost]) -> list[LastPost]:
    """What was taken in is the better thing to try a mapping on."""
    return sorted(posts.values(), key=lambda post: post.outcome != LastPost.Outcome.TAKEN)


def _pressed(request: HttpRequest, posts: Mapping[str, LastPost]) -> Mapping[str, Any]:
    """What was typed; where a button fills something in, with that in its place."""
    given: dict[str, Any] = request.POST.dict()
    post = posts.get(str(given.get("use", "")))
    if post is not None:
        given["payload"] = pretty(post.body)
    preset = next((one for one in PRESETS if one.name == given.get("preset")), None)
    if "fill" in given and preset is not None:
        typed = {name: said for name, said in given.items() if name in ("payload", "preset")}
        given = {**typed, **typed_of(preset.mapping)}
    return given


def _tried(form: MappingForm, row: RoutingKey) -> Tried:
    """Of what can be read of the mapping: one field that is half written keeps no other from being tried."""
    text = str(form.cleaned_data.get("payload") or "")
    try:
        payload = payload_of(Sent(body=text.encode("utf-8", "replace")))
    except Malformed as fault:
        return Tried("Nothing is tried.", wrong=str(fault))
    reading = read(payload, KeyMapping.from_json(form.mapping()), called=row.name)
    shown = _events(reading, row.service)
    return Tried(
        said=_said(reading, form),
        notes=tuple(reading.notes),
        events=shown,
        results=_results(reading),
        faults=_faults(reading),
    )


def _said(reading: Reading, form: MappingForm) -> str:
    items, events = len(reading.items), len(reading.events)
    ignored = items - events
    said = f"{events} event{'' if events == 1 else 's'}" if events else "No event: nobody is paged"
    more = [f"{ignored} ignored"] if ignored else []
    more += [f"the first {SHOWN} are shown"] if events > SHOWN else []
    wrong = [name for name in form.errors if name in form.fields]
    more += [f"without {', '.join(wrong)}, which cannot be read yet"] if wrong else []
    return f"{'; '.join([said, *more])}."


def _events(reading: Reading, service: Service) -> tuple[Shown, ...]:
    grading = Grading.from_json(service.severities, service.severity_rules)
    return tuple(
        Shown(
            item.event,
            DOES[item.event.action.value],
            grading.of(word=item.event.word, labels=item.event.labels, usual=item.event.severity),
            item.made_key,
        )
        for item in reading.items
        if item.event is not None
    )[:SHOWN]


def _results(reading: Reading) -> dict[str, str]:
    """What each expression found, of the first item; for `each`, how many items there are."""
    if reading.fault or not reading.items:
        return {}
    found = {name: _short(value) for name, value in reading.items[0].found.items()}
    items = len(reading.items) + max(0, reading.left_out - 1)
    return {"each": f"{items} items", **found} if items > 1 else found


def _faults(reading: Reading) -> dict[str, str]:
    faults: dict[str, str] = {}
    for item in reading.items:
        for name, why in item.faults.items():
            faults.setdefault(name, f"{why.rstrip('.')}; so it is read by the usual names.")
    if reading.fault:
        faults["each"] = f"{reading.fault.removeprefix('each: ')}; so all of it is one alert that says so."
    return faults


def _short(value: Any) -> str:
    if value is None:
        return NOTHING
    try:
        said = orjson.dumps(value).decode()
    except TypeError:  # a number of hundreds of digits, or half a letter, that an expression made
        return "something that cannot be shown"
    return said if len(said) <= MOST_LETTERS else f"{said[:MOST_LETTERS]}…"


def _post(post: LastPost) -> dict[str, str]:
    what = "taken in" if post.outcome == LastPost.Outcome.TAKEN else "refused"
    return {"outcome": post.outcome, "label": f"The last that was {what}, {about(clock.now() - post.at)} ago"}


def pretty(body: str) -> str:
    """JSON with its lines; anything else as it is."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, TypeError):
        return body
