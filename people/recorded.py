"""How the admin writes: by verbs, so that every change a person makes stands in the ledger.

Nothing is deleted in the admin. People and things are deactivated or retired, by the actions of their
pages, so that the past can still be read. What a verb refuses is shown on the form, and nothing is written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path
from unfold.decorators import display

from people.forms import ChosenByTyping
from people.ledger.record import Actor
from people.models import Team, User
from people.permissions import managed_team_ids, may_edit_team
from people.queries import CleanQueries

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.forms import ModelForm
else:
    from unfold.admin import ModelAdmin, TabularInline

Verb = Callable[[Any], object]


def user_of(request: HttpRequest) -> User:
    """Who has logged in to the admin."""
    return cast("User", request.user)


def actor_of(request: HttpRequest) -> Actor:
    return Actor.person(user_of(request), via="admin")


def teams_of(request: HttpRequest) -> QuerySet[Team]:
    """The teams whose things this person edits."""
    teams = Team.objects.order_by("name")
    user = user_of(request)
    return teams if user.is_superuser else teams.filter(pk__in=managed_team_ids(user))


class Typed:
    """For an admin and for rows in one: what is chosen by typing is looked up only if it can be anything."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]  # the admin's
            kwargs.setdefault("widget", ChosenByTyping(db_field, self.admin_site))  # type: ignore[attr-defined]  # too
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # too


class Kept(CleanQueries, Typed, ModelAdmin):  # type: ignore[type-arg]  # Django's admin classes take no parameters when they run
    """Shown, and perhaps changed, but never deleted.

    `page_actions` names actions that are also buttons on the page of one row; `main_action` stands out. One
    of `page_questions` asks for a text first, by that label, and sends it as `why`.
    """

    page_actions: ClassVar[Sequence[str]] = ()
    page_questions: ClassVar[Mapping[str, str]] = {}
    main_action = ""
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    change_form_outer_before_template = "people/buttons.html"
    list_per_page = 50
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """What hangs at a row is asked for in its own list, where one may see it: no address of this list
        tells who has any (`?statements__isnull=0`), unless a filter of its own asks that.
        """
        allowed: bool = super().lookup_allowed(lookup, value, request)
        first = lookup.partition("__")[0]
        names = {field.name for field in self.opts.get_fields() if field.auto_created and not field.concrete}
        names |= {getattr(field, "related_name", None) or field.name for field in self.opts.related_objects}
        asked = [one[0] if isinstance(one, tuple) else one for one in self.get_list_filter(request)]
        own = any(isinstance(one, str) and one.partition("__")[0] == first for one in asked)
        return allowed and (own or first not in names)

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        """Whether this person may do the page's actions to this row."""
        return self.has_change_permission(request, obj)

    def buttons(self, request: HttpRequest, obj: Any) -> Sequence[str]:
        """Which of `page_actions` make sense for this row now."""
        return self.page_actions

    def page_fields(self, request: HttpRequest, obj: Any) -> Mapping[str, str]:
        """What every button of the page sends with it: which state of the row the page shows, say."""
        return {}

    def each(self, request: HttpRequest, rows: Iterable[Any], verb: Verb, *, done: str) -> None:
        """Do `verb` to every row this person may act on; say what was done, and what was refused and why."""
        names = []
        for row in rows:
            if not self.may_act(request, row):
                messages.error(request, f"{row} belongs to a team that you do not manage.")
                continue
            try:
                verb(row)
            except self.refusals as refusal:
                messages.error(request, str(refusal))
            else:
                names.append(str(row))
        if names:
            messages.success(request, f"{done}: {', '.join(names)}.")

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        act = self.admin_site.admin_view(self.act_view)
        return [path("<int:object_id>/act/<slug:action>/", act, name=name), *super().get_urls()]

    def act_view(self, request: HttpRequest, object_id: int, action: str) -> HttpResponse:
        """A button of a page: the same action that the list offers, to this row. POST only."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=object_id)
        if action not in self.page_actions or not row.exists():
            raise Http404
        getattr(self, action)(request, row)
        return redirect(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change", object_id
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, object_id) if object_id else None
        offered = self.buttons(request, row) if row is not None and self.may_act(request, row) else ()
        shown = {
            "page_buttons": [
                (name, getattr(self, name).short_description, name == self.main_action)
                for name in offered
                if name not in self.page_questions
            ],
            "page_asking": [
                (name, getattr(self, name).short_description, self.page_questions[name])
                for name in offered
                if name in self.page_questions
            ],
            "page_fields": dict(self.page_fields(request, row)) if offered else {},
            "act_url": f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_act",
            **(extra_context or {}),
        }
        return super().changeform_view(request, object_id, form_url, shown)


class ReadOnly(Kept):
    """Looked at only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ByVerb(Kept):
    """A form whose saving is one verb, or a few in one transaction: they write the rows and the ledger."""

    def write(self, request: HttpRequest, row: Any, form: Any, formsets: Mapping[type, Any]) -> Model:
        """Call the verbs. `row` is the row as it stands in the database, None for a new one."""
        raise NotImplementedError

    def team_of(self, row: Any) -> Team | None:
        """The team whose managers edit this row; None for what every manager edits."""
        return cast("Team | None", row.team)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_edit_team(user_of(request), self.team_of(obj)))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except self.refusals as refusal:
            request.refusal = str(refusal)  # type: ignore[attr-defined]  # all is undone; the form says why
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", "")
        return _refused(form, refusal) if refusal else form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Nothing yet: the verbs write once the rows beside it have been checked too."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        row = self.model.objects.get(pk=form.instance.pk) if change else None
        by_model = {formset.model: formset for formset in formsets}
        form.instance.pk = self.write(request, row, form, by_model).pk

    def construct_change_message(self, request: Any, form: Any, formsets: Any, add: bool = False) -> Any:  # noqa: FBT001, FBT002
        return ""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The verb has written the ledger."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The verb has written the ledger."""


class Retirable(ByVerb):
    """What is taken out of use rather than deleted (`retired_at`), and from then on only looked at."""

    page_actions: ClassVar[Sequence[str]] = ("retire",)

    @display(description="In use", boolean=True, ordering="retired_at")
    def in_use(self, row: Any) -> bool:
        return row.retired_at is None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.retired_at is None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name",) if obj else ()


class Rows(Typed, TabularInline):  # type: ignore[type-arg]  # as above
    """Rows beside a form. They are edited by whoever may change the page, and written by its verbs."""

    extra = 0
    fixed = False

    def _may(self, request: HttpRequest) -> bool:
        return not self.fixed and self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and self.can_delete


class Shown(Rows):
    """Rows that are only looked at."""

    fixed = True
    can_delete = False


def kept_rows(formset: Any) -> list[Any]:
    """The forms of a formset that say something and are not to go, in order."""
    return [
        form
        for form in formset.forms
        if (form.has_changed() or form.instance.pk) and form not in formset.deleted_forms
    ]


def _refused(form: type["ModelForm[Any]"], refusal: str) -> type["ModelForm[Any]"]:
    class Refused(form):  # type: ignore[valid-type, misc]
        def clean(self) -> Any:
            super().clean()
            raise ValidationError(refusal)

    return Refused


def plain_changes(form: Any) -> dict[str, list[str]]:
    """What a form changed, from and to, as the ledger keeps it. Never of a password."""
    return {
        name: [str(form.initial.get(name)), str(form.cleaned_data.get(name))]
        for name in form.changed_data
        if "password" not in name
    }


def said(changes: Mapping[str, Sequence[str]]) -> str:
    """“email from a@x to b@x, time_zone from UTC to Europe/Berlin”."""
    return ", ".join(f"{name} from {before} to {after}" for name, (before, after) in changes.items())
