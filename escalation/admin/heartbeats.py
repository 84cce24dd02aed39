"""Sources that must call in."""

from datetime import timedelta

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import capfirst
from unfold.decorators import action, display

from escalation.actions import config, heartbeats
from escalation.core.heartbeat import State, state_of
from escalation.forms.heartbeat import HeartbeatForm
from escalation.loading import beat_of
from escalation.models import (
    Heartbeat,
)
from escalation.permissions import TOO_LONG, may_mute
from people import clock
from people.recorded import (
    ReadOnly,
    Rows,
    actor_of,
    user_of,
)

MINUTE = "%Y-%m-%d %H:%M"


class HeartbeatRows(Rows):
    """Sources that must call in, with the address that each calls."""

    model = Heartbeat
    form = HeartbeatForm
    fields = ("name", "every", "grace", "severity", "address", "retire")
    readonly_fields = ("address",)
    can_delete = False
    verbose_name_plural = "heartbeats: sources that must call in (docs/heartbeats.md)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Heartbeat]:
        return super().get_queryset(request).filter(retired_at=None).order_by("pk")

    @display(description="Let it call this, by GET or POST")
    def address(self, row: Heartbeat) -> str:
        if not row.pk:
            return "Save, and its address stands here."
        return format_html(
            "<code style='user-select:all;overflow-wrap:anywhere;white-space:normal'>{}/heartbeats/{}</code>"
            "<div>{}</div>",
            settings.PUBLIC_URL,
            row.key,
            capfirst(_how(row)),
        )


def _how(row: Heartbeat) -> str:
    """“on time, last called 2026-03-02 10:00 UTC”."""
    now = clock.now()
    state = state_of(beat_of(row), now=now)
    parts = [
        f"{state} until {row.muted_until:{MINUTE}}" if state is State.MUTED and row.muted_until else state
    ]
    parts += [f"last called {row.last_call_at:{MINUTE}} UTC"] if row.last_call_at else []
    return ", ".join(parts)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    """How each source is. It is set up on the page of its service, where its address stands, too."""

    refusals = (config.ConfigError,)
    list_display = ("name", "service", "how", "last_call_at", "due_at", "muted_until")
    list_filter = (
        ("silent_since", admin.EmptyFieldListFilter),
        ("retired_at", admin.EmptyFieldListFilter),
        "service",
    )
    list_select_related = ("service__team",)
    search_fields = ("name", "service__name")
    ordering = ("service__name", "name")
    actions = page_actions = ("mute_for_a_day", "mute_for_a_week", "unmute")
    fields = (
        ("name", "service"),
        ("every", "grace", "severity"),
        "how",
        ("last_call_at", "due_at"),
        ("silent_since", "excused_at"),
        ("muted_until", "muted_by"),
        ("created_at", "retired_at"),
    )
    readonly_fields = ("how",)

    def may_act(self, request: HttpRequest, obj: Heartbeat) -> bool:
        return True

    @display(description="How it is")
    def how(self, row: Heartbeat) -> str:
        return "retired" if row.retired_at else _how(row)

    @action(description="Mute for a day")
    def mute_for_a_day(self, request: HttpRequest, queryset: QuerySet[Heartbeat]) -> None:
        self._mute(request, queryset, timedelta(days=1))

    @action(description="Mute for a week")
    def mute_for_a_week(self, request: HttpRequest, queryset: QuerySet[Heartbeat]) -> None:
        self._mute(request, queryset, timedelta(weeks=1))

    @action(description="Unmute")
    def unmute(self, request: HttpRequest, queryset: QuerySet[Heartbeat]) -> None:
        def sound(row: Heartbeat) -> None:
            heartbeats.unmute_heartbeat(heartbeat_id=row.pk, by=actor_of(request), now=clock.now())

        self.each(request, queryset, sound, done="Their silence counts again")

    def _mute(self, request: HttpRequest, rows: QuerySet[Heartbeat], time: timedelta) -> None:
        now = clock.now()

        def mute(row: Heartbeat) -> None:
            if not may_mute(user_of(request), row.service, lasts=time):
                raise config.ConfigError(TOO_LONG)
            heartbeats.mute_heartbeat(heartbeat_id=row.pk, until=now + time, by=actor_of(request), now=now)

        self.each(request, rows, mute, done=f"Muted until {now + time:{MINUTE}} UTC")
