"""People and teams in the admin. `paging.admin` registers `PersonAdmin`, with how they are reached."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm

from people import actions
from people.forms import RowForm, ZoneField
from people.ledger.record import Line, record
from people.ledger.verbs import Verb
from people.models import Membership, Team, User
from people.permissions import is_manager, managed_team_ids
from people.recorded import ByVerb, Rows, actor_of, kept_rows, plain_changes, said, user_of

admin.site.unregister(Group)  # who may do what follows from a team's managers (people.permissions)

PERSON = ("name", "email", "time_zone", "holidays", "outcome_notices")
POWERS = ("is_superuser", "is_staff")


class PersonForm(RowForm):
    time_zone = ZoneField(initial="UTC", help_text="Shifts, pay and messages are in this zone.")

    class Meta:
        model = User
        fields = ("username", *PERSON, *POWERS)


def may_edit_person(user: User, person: User) -> bool:
    """Oneself, and people all of whose teams one manages, or who have none. Taking somebody into a team of
    one's own gives no power over them. A superuser is edited by superusers only.
    """
    if user.is_superuser or user.pk == person.pk:
        return True
    if person.is_superuser or not is_manager(user):
        return False
    teams = {member.team_id for member in person.memberships.all()}
    return teams <= managed_team_ids(user)


def may_take_in(user: User, person: User) -> bool:
    """Who manages a team sees the pay of its people and decides about it: nobody takes in whom they like. Who
    is in no team yet, or in another one of theirs; superusers, and people of other teams, by superusers only.
    """
    if user.is_superuser or user.pk == person.pk:
        return True
    teams = set(person.memberships.values_list("team_id", flat=True))
    return not person.is_superuser and (not teams or bool(teams & managed_team_ids(user)))


class PersonAdmin(ByVerb, UserAdmin):  # type: ignore[type-arg]  # it takes no parameters when it runs
    """Managers edit their people; only superusers set passwords and make superusers."""

    form = add_form = PersonForm
    change_password_form = AdminPasswordChangeForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (actions.PeopleError,)
    list_display = ("username", "name", "email", "time_zone", "in_teams", "active")
    list_filter = ("is_active", "teams", "is_superuser")
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    actions = ("deactivate", "reactivate")
    page_actions = ("deactivate", "reactivate")
    add_fieldsets: Any = ((None, {"fields": ("username", *PERSON)}),)
    readonly_fields = ("is_active", "last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("memberships__team")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        shown: list[Any] = [(None, {"fields": ("username", *PERSON)})]
        if user_of(request).is_superuser:
            words = "A superuser may do everything. A manager's access to the admin follows from their teams."
            shown.append(("Powers", {"fields": POWERS, "description": words}))
        return [*shown, ("Account", {"fields": ("is_active", "last_login", "date_joined")})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return ("username", *self.readonly_fields) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super(ByVerb, self).has_change_permission(request, obj)
        return allowed and (obj is None or may_edit_person(user_of(request), obj))

    def buttons(self, request: HttpRequest, obj: Any) -> tuple[str, ...]:
        return ("deactivate",) if obj.is_active else ("reactivate",)

    @display(description="Teams")
    def in_teams(self, person: User) -> str:
        return ", ".join(member.team.name for member in person.memberships.all())

    @display(description="Active", boolean=True, ordering="is_active")
    def active(self, person: User) -> bool:
        return person.is_active

    def write(self, request: HttpRequest, row: User | None, form: Any, formsets: Mapping[type, Any]) -> User:
        fields = {name: form.cleaned_data[name] for name in PERSON}
        by, now = actor_of(request), timezone.now()
        if row is None:
            return actions.create_user(username=form.cleaned_data["username"], by=by, now=now, **fields)
        actions.change_user(user=row, by=by, now=now, **fields)
        if user_of(request).is_superuser:
            self._set_powers(request, row, form)
        return row

    def _set_powers(self, request: HttpRequest, row: User, form: Any) -> None:
        changed = {name: change for name, change in plain_changes(form).items() if name in POWERS}
        if not changed:
            return
        if row == user_of(request):
            raise actions.PeopleError("Nobody changes their own powers; ask another superuser.")
        for name in changed:
            setattr(row, name, form.cleaned_data[name])
        row.save(update_fields=list(changed))
        self._record(request, row, f"changed {said(changed)} of {row.username}", changed)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        if not user_of(request).is_superuser:
            raise PermissionDenied
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def construct_change_message(self, request: Any, form: Any, formsets: Any, add: bool = False) -> Any:  # noqa: FBT001, FBT002
        return "set the password" if formsets is None else ""  # only the password's page has no formsets

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if message:
            self._record(request, obj, f"{message} of {obj.username}", {})

    @staticmethod
    def _record(request: HttpRequest, person: User, what: str, data: Mapping[str, Any]) -> None:
        line = Line(Verb.USER_CHANGED, ("user", person.pk), actor_of(request), what, data=data)
        record([line], now=timezone.now())

    @action(description="Deactivate")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        def leave(person: User) -> None:
            if person == user_of(request):
                raise actions.PeopleError("You cannot deactivate yourself; ask another manager.")
            actions.deactivate_user(user=person, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, leave, done="Deactivated; their turns are nobody's from now on")

    @action(description="Reactivate")
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        def come_back(person: User) -> None:
            actions.reactivate_user(user=person, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, come_back, done="Active again, in their old places")


class MembershipRows(Rows):
    model = Membership
    fields = ("user", "role")
    autocomplete_fields = ("user",)
    verbose_name_plural = "members"


class TeamForm(RowForm):
    time_zone = ZoneField(initial="UTC")

    class Meta:
        model = Team
        fields = ("name", "time_zone", "pages_per_shift_budget", "rest_hours", "swaps_need_approval")


@admin.register(Team)
class TeamAdmin(ByVerb):
    form = TeamForm
    fields = ("name", "time_zone", "pages_per_shift_budget", "rest_hours", "swaps_need_approval")
    inlines = (MembershipRows,)
    refusals = (actions.PeopleError,)
    list_display = ("name", "time_zone", "managed_by", "size")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).prefetch_related("memberships__user")

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> Any:
        return ("name",) if obj else ()

    def team_of(self, row: Team) -> Team:
        return row

    @display(description="Managers")
    def managed_by(self, team: Team) -> str:
        return ", ".join(
            str(one.user) for one in team.memberships.all() if one.role == Membership.Role.MANAGER
        )

    @display(description="Members")
    def size(self, team: Team) -> int:
        return len(team.memberships.all())

    def write(self, request: HttpRequest, row: Team | None, form: Any, formsets: Mapping[type, Any]) -> Team:
        by, now = actor_of(request), timezone.now()
        fields = {name: form.cleaned_data[name] for name in TeamForm.Meta.fields if name != "name"}
        if row is None:
            row = actions.create_team(name=form.cleaned_data["name"], by=by, now=now, **fields)
        else:
            actions.change_team(team=row, by=by, now=now, **fields)
        rows = kept_rows(formsets[Membership])
        members = {one.cleaned_data["user"]: one.cleaned_data["role"] for one in rows}
        for person in members.keys() - set(row.members.all()):
            if not may_take_in(user_of(request), person):
                raise actions.PeopleError(
                    f"{person} is not yours to take in: ask an administrator, or let a manager of a team of "
                    "theirs take them out of it first. Who manages a team sees the pay of its people."
                )
        actions.set_members(team=row, members=members, by=by, now=now)
        return row
