"""Schedules in the admin: who is on call, the layers that say so, overrides, and time off."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action, display
from unfold.views import ChangeList

from oncall import actions
from oncall.actions.feeds import revoke_feed
from oncall.addresses import called, may_hold, owner_of
from oncall.core import final
from oncall.core.definition import Definition
from oncall.core.fetched import last_fetched
from oncall.core.final import Shift
from oncall.forms import notation
from oncall.forms.override import FIXED, OverrideForm
from oncall.forms.schedule import ScheduleForm, latest_version
from oncall.loading import rosters
from oncall.models import Feed, Override, Schedule, ScheduleVersion, TimeOff
from oncall.selectors import on_call
from people.models import User
from people.permissions import managed_team_ids
from people.recorded import ByVerb, ReadOnly, Retirable, Rows, actor_of, kept_rows, teams_of, user_of

SHOWN = timedelta(days=14)
SHOWN_VERSIONS = 20


class OverrideRows(Rows):
    """What is laid over the schedule from now on. A new row is a new override."""

    model = Override
    form = OverrideForm
    fields = ("role", "kind", "start", "end", "user", "stop", "instead_of", "reason")
    autocomplete_fields = ("user", "instead_of")
    can_delete = False
    verbose_name_plural = "overrides, from now on"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Override]:
        rows = super().get_queryset(request).filter(end__gt=timezone.now(), cancelled_at=None)
        return rows.select_related("user", "instead_of").order_by("start", "pk")


class ScheduleList(ChangeList):
    """Who is on call beside each schedule of a page, in two queries for all of them."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        found = on_call([row.pk for row in rows], at=timezone.now())
        people = User.objects.in_bulk({user for users in found.values() for user in users})
        for row in rows:
            row.on_now = _sentence(
                {role: users for (pk, role), users in found.items() if pk == row.pk}, people
            )
        self.result_list = rows


def _sentence(on: Mapping[str, Sequence[int]], people: Mapping[int, User]) -> str:
    return ", ".join(
        f"{role}: {' + '.join(str(people[user]) for user in users) or 'nobody'}" for role, users in on.items()
    )


@admin.register(Schedule)
class ScheduleAdmin(Retirable):
    form = ScheduleForm
    change_form_template = "oncall/schedule.html"
    inlines = (OverrideRows,)
    refusals = (actions.Refused,)
    list_display = ("name", "team", "on_now", "in_use")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), "team")
    list_select_related = ("team",)
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("retire",)
    fieldsets = (
        (None, {"fields": ("name", "team", "time_zone", "holidays", "without_layers", "effective")}),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScheduleList

    def get_inlines(self, request: HttpRequest, obj: Schedule | None) -> Any:
        return self.inlines if obj and obj.retired_at is None else ()

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return ((None, {"fields": ("name", "team")}),)
        return super().get_fieldsets(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team":
            kwargs["queryset"] = teams_of(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description="On call now")
    def on_now(self, schedule: Any) -> str:
        return str(schedule.on_now)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """All times on the page are the schedule's own."""
        schedule = self.get_object(request, object_id) if object_id else None
        version = latest_version(schedule) if schedule else None
        with timezone.override(version.time_zone if version else "UTC"):
            shown = _shown(schedule, now=timezone.now()) if schedule else {}
            response = super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))
            return response.render() if hasattr(response, "render") else response

    def write(
        self, request: HttpRequest, row: Schedule | None, form: Any, formsets: Mapping[type, Any]
    ) -> Schedule:
        by, now = actor_of(request), timezone.now()
        said = {
            "time_zone": form.cleaned_data["time_zone"],
            "holidays": form.cleaned_data["holidays"],
            "definition": form.definition,
        }
        team = form.cleaned_data["team"]
        if row is None:
            return actions.create_schedule(name=form.cleaned_data["name"], team=team, by=by, now=now, **said)
        actions.new_version(schedule=row, by=by, now=now, effective_from=form.effective_from, **said)
        actions.set_team(schedule=row, team=team, by=by, now=now)
        for one in kept_rows(formsets[Override]):
            _write_override(row, one, by=by, now=now)
        return row

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        def stop(schedule: Schedule) -> None:
            actions.retire_schedule(schedule=schedule, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, stop, done="Retired; nobody is on call there from now on")


def _write_override(schedule: Schedule, form: Any, *, by: Any, now: datetime) -> None:
    given = form.cleaned_data
    if not form.instance.pk:
        wanted = {name: given[name] for name in FIXED}
        actions.add_override(schedule=schedule, by=by, now=now, **wanted)
    elif given["stop"] and form.instance.start >= now:
        actions.cancel_override(override=form.instance, by=by, now=now)
    elif given["stop"]:
        actions.end_override(override=form.instance, by=by, now=now)


def _shown(schedule: Schedule, *, now: datetime) -> dict[str, Any]:
    """What the page shows beside the form: who is on, the next two weeks, and every version."""
    versions = list(
        schedule.versions.select_related("created_by").order_by("-effective_from")[:SHOWN_VERSIONS]
    )
    until = now + SHOWN
    found = rosters([schedule.pk], since=now, until=until).get(schedule.pk)
    shifts = final.shifts(found, now, until) if found else []
    people = User.objects.in_bulk({shift.user for shift in shifts if shift.user is not None})
    zone = ZoneInfo(versions[0].time_zone) if versions else ZoneInfo("UTC")
    return {
        "roster": {"shifts": shifts, "people": people, "since": now, "until": until, "zone": zone},
        "now_on": _now_on(shifts, people, now=now),
        "coming": versions[0] if versions and versions[0].effective_from > now else None,
        "versions": list(_told(versions)),
    }


def _now_on(shifts: Iterable[Shift], people: Mapping[int, User], *, now: datetime) -> list[tuple[str, str]]:
    names: dict[str, list[str]] = {}
    for shift in shifts:
        if shift.start <= now:
            who = people.get(shift.user or 0)
            names.setdefault(shift.role, []).extend([str(who)] if who else [])
    return [(role, ", ".join(found)) for role, found in names.items()]


def _told(versions: Sequence[ScheduleVersion]) -> Iterator[ScheduleVersion]:
    """The versions with their layers in words, as `lines`."""
    named = {user for version in versions for user in Definition.from_json(version.definition).users()}
    names = dict(User.objects.filter(pk__in=named).values_list("pk", "username"))
    for version in versions:
        version.lines = list(_lines(version.definition, names))  # type: ignore[attr-defined]
        yield version


def _lines(definition: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[str]:
    for role, said in definition["roles"].items():
        if "follows" in said:
            yield f"{role} follows {said['follows']}, layer {said['layer']}, offset {said['offset']}"
        for layer in said.get("layers", ()):
            only = notation.spelled_restrictions(layer.get("restrictions", ()))
            who = notation.spelled_slots(layer["participants"], names)
            turn = f"{layer['shift_length']} from {layer['start'].replace('T', ' ')}"
            yield f"{role}, {layer['name']}: {who} ({turn}{f'; {only}' if only else ''})"


@admin.register(TimeOff)
class TimeOffAdmin(ByVerb):
    """Whole days a person is away. Nothing is edited: cancel it, and add another."""

    refusals = (actions.Refused,)
    list_display = ("user", "start", "end", "reason", "stands")
    list_filter = (("cancelled_at", admin.EmptyFieldListFilter), ("user", admin.RelatedOnlyFieldListFilter))
    search_fields = ("user__username", "user__name", "reason")
    list_select_related = ("user",)
    ordering = ("-start", "-pk")
    fields = ("user", "start", "end", "reason")
    autocomplete_fields = ("user",)
    actions = ("cancel",)
    page_actions = ("cancel",)

    def get_readonly_fields(self, request: HttpRequest, obj: TimeOff | None = None) -> Any:
        return self.fields if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super(ByVerb, self).has_change_permission(request, obj) and obj is None

    def may_act(self, request: HttpRequest, obj: TimeOff) -> bool:
        return _manages(user_of(request), obj.user)

    def buttons(self, request: HttpRequest, obj: TimeOff) -> Sequence[str]:
        return self.page_actions if obj.cancelled_at is None else ()

    @display(description="Stands", boolean=True)
    def stands(self, row: TimeOff) -> bool:
        return row.cancelled_at is None

    def write(
        self, request: HttpRequest, row: TimeOff | None, form: Any, formsets: Mapping[type, Any]
    ) -> TimeOff:
        given = {name: form.cleaned_data[name] for name in ("user", "start", "end", "reason")}
        if not _manages(user_of(request), given["user"]):
            raise actions.Refused(f"{given['user']} is in none of your teams; ask one of their managers.")
        return actions.add_time_off(by=actor_of(request), now=timezone.now(), **given)

    @action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[TimeOff]) -> None:
        def take_back(row: TimeOff) -> None:
            actions.cancel_time_off(time_off=row, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, take_back, done="Cancelled")


def _manages(user: User, person: User) -> bool:
    if user.is_superuser or user == person:
        return True
    return person.memberships.filter(team__in=managed_team_ids(user)).exists()


@admin.register(Feed)
class FeedAdmin(ReadOnly):
    """Calendar addresses: which there are, and who fetched them last. The secret is shown on no page here."""

    refusals = (actions.Refused,)
    list_display = ("calendar", "answers", "fetched", "alarm_minutes", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "gaps")
    list_select_related = ("user", "schedule__team", "team")
    search_fields = ("user__username", "user__name", "schedule__name", "team__name")
    ordering = ("-created_at", "-pk")
    readonly_fields = ("calendar", "fetched", "last_fetched_at", "last_user_agent")
    fields = (*readonly_fields, "alarm_minutes", "created_at", "revoked_at")
    actions = page_actions = ("revoke",)

    def may_act(self, request: HttpRequest, obj: Feed) -> bool:
        return may_hold(user_of(request), owner_of(obj))

    def buttons(self, request: HttpRequest, obj: Feed) -> Sequence[str]:
        return self.page_actions if obj.revoked_at is None else ()

    @display(description="Calendar")
    def calendar(self, feed: Feed) -> str:
        return called(feed)

    @display(description="Answers", boolean=True)
    def answers(self, feed: Feed) -> bool:
        return feed.revoked_at is None and (feed.user is None or feed.user.is_active)

    @display(description="Last fetched", ordering="last_fetched_at")
    def fetched(self, feed: Feed) -> str:
        return last_fetched(feed.last_fetched_at, feed.last_user_agent, now=timezone.now())

    @action(description="End this address")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Feed]) -> None:
        def end(feed: Feed) -> None:
            revoke_feed(feed=feed, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, end, done="Ended; the address answers 410 from now on")
