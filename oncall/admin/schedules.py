"""Schedules in the admin: who is on call, the layers that say so, overrides, and time off."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.decorators import action, display
from unfold.views import ChangeList

from oncall import actions
from oncall.admin.announcements import AnnouncementRows, write_announcements
from oncall.admin.preview import preview
from oncall.admin.shown import shown
from oncall.advice import Watch, sentences
from oncall.forms.override import FIXED, OverrideForm
from oncall.forms.plan import PlanPage
from oncall.forms.schedule import ScheduleForm, latest_version
from oncall.models import Announcement, Override, Schedule
from oncall.selectors import on_call
from people.models import User
from people.recorded import Retirable, Rows, actor_of, kept_rows, teams_of


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

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """People are chosen here, and changed on their own pages."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        for name in ("add", "change", "view", "delete"):
            if field is not None and hasattr(field.widget, f"can_{name}_related"):
                setattr(field.widget, f"can_{name}_related", False)
        return field


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
class ScheduleAdmin(PlanPage, Retirable):
    clock = staticmethod(timezone.now)
    form = ScheduleForm
    change_form_template = "oncall/schedule.html"
    inlines = (OverrideRows, AnnouncementRows)
    refusals = (actions.Refused,)
    list_display = ("name", "team", "on_now", "in_use")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), "team")
    list_select_related = ("team",)
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("retire",)
    fieldsets = (
        (
            None,
            {"fields": ("name", "team", "time_zone", "holidays", "without_layers", "effective", "based_on")},
        ),
        ("Handoffs", {"fields": (("remind_before", "confirmed_within"),)}),
    )
    warn_unsaved_form = True

    class Media:
        css = {"all": ("oncall/strip.css",)}
        js = ("oncall/preview.js",)

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
            beside = shown(schedule, now=timezone.now()) if schedule else {}
            response = super().changeform_view(request, object_id, form_url, beside | (extra_context or {}))
            return response.render() if hasattr(response, "render") else response

    def write(
        self, request: HttpRequest, row: Schedule | None, form: Any, formsets: Mapping[type, Any]
    ) -> Schedule:
        by, now = actor_of(request), timezone.now()
        watch = Watch([] if row is None else [row.pk], now=now)
        said = {
            "time_zone": form.cleaned_data["time_zone"],
            "holidays": form.cleaned_data["holidays"],
            "definition": form.definition,
        }
        team = form.cleaned_data["team"]
        if row is None:
            row = actions.create_schedule(name=form.cleaned_data["name"], team=team, by=by, now=now, **said)
            actions.set_handoffs(schedule=row, by=by, now=now, **form.handoffs())
            _advise(request, row, watch)
            return row
        actions.set_team(schedule=row, team=team, by=by, now=now)
        actions.set_handoffs(schedule=row, by=by, now=now, **form.handoffs())
        begins, based_on = form.effective_from, form.cleaned_data["based_on"]
        actions.new_version(schedule=row, by=by, now=now, effective_from=begins, based_on=based_on, **said)
        for one in kept_rows(formsets[Override]):
            _write_override(row, one, by=by, now=now)
        _write_temporaries(row, form.temporary, by=by, now=now)
        write_announcements(row, formsets[Announcement], by=by, now=now)
        _advise(request, row, watch)
        return row

    def get_urls(self) -> list[Any]:
        shown_before = self.admin_site.admin_view(require_POST(self.preview_view))
        return [
            path("add/preview/", shown_before, name="oncall_schedule_preview_new"),
            path("<int:object_id>/preview/", shown_before, name="oncall_schedule_preview"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        """What saving the form, as it is sent, would make of the weeks to come. Nothing is written."""
        schedule = None if object_id is None else self.get_object(request, str(object_id))
        if object_id is not None and schedule is None:
            raise Http404
        if not (
            self.has_change_permission(request, schedule) if schedule else self.has_add_permission(request)
        ):
            raise PermissionDenied
        version = latest_version(schedule) if schedule else None
        with timezone.override(version.time_zone if version else "UTC"):
            form = self.get_form(request, schedule, change=schedule is not None)(
                request.POST, instance=schedule or Schedule()
            )
            beside, _ = self._create_formsets(request, form.instance, change=schedule is not None)  # type: ignore[attr-defined]  # Django's own
            overrides = [formset for formset in beside if formset.model is Override]
            weeks, viewer = request.POST.get("weeks", ""), cast("User", request.user)
            context = preview(form, overrides, weeks, viewer=viewer, now=timezone.now())
            return render(request, "oncall/preview.html", context)

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        def stop(schedule: Schedule) -> None:
            actions.retire_schedule(schedule=schedule, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, stop, done="Retired; nobody is on call there from now on")


def _advise(request: HttpRequest, schedule: Schedule, watch: Watch) -> None:
    """Say what the edit causes. It is saved all the same."""
    for sentence in sentences(watch.worse(schedule.pk)):
        messages.warning(request, sentence)


def _write_override(schedule: Schedule, form: Any, *, by: Any, now: datetime) -> None:
    given = form.cleaned_data
    if not form.instance.pk:
        wanted = {name: given[name] for name in FIXED}
        actions.add_override(schedule=schedule, by=by, now=now, **wanted)
    elif given["stop"] and form.instance.start >= now:
        actions.cancel_override(override=form.instance, by=by, now=now)
    elif given["stop"]:
        actions.end_override(override=form.instance, by=by, now=now)


def _write_temporaries(schedule: Schedule, part: Any, *, by: Any, now: datetime) -> None:
    for row in part.stopped():
        undo = actions.cancel_temporary if row.start >= now else actions.end_temporary
        undo(temporary=row, by=by, now=now)
    new = part.new()
    if new is not None:
        actions.add_temporary(
            schedule=schedule, start=new.start, end=new.end, shifts=new.shifts, by=by, now=now
        )
