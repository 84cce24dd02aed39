"""Where a schedule announces who is on call: rows of its page."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.utils import timezone
from unfold.decorators import display

from oncall import actions
from oncall.actions.announcing import cause_of
from oncall.forms.announcement import FIXED, AnnouncementForm
from oncall.models import Announcement, Schedule
from paging.selectors import last_of
from people.ledger.record import Actor
from people.recorded import Rows, kept_rows


class AnnouncementRows(Rows):
    """A new row is a new announcement. An address is a key, of which no more is shown than what service."""

    model = Announcement
    form = AnnouncementForm
    fields = (*FIXED, "came", "send", "stop")
    readonly_fields = ("came",)
    can_delete = False
    verbose_name = "announcement"
    verbose_name_plural = "announcements of who is on call"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Announcement]:
        rows = super().get_queryset(request).filter(retired_at=None)
        return rows.select_related("recipient").order_by("pk")

    @display(description="Told")
    def came(self, row: Announcement) -> str:
        """When it is due next, and what came of the last one; times are the page's."""
        if not row.pk:
            return ""
        due = row.next_at if row.at else None
        said = [f"next {_at(due)}"] if due else []
        last = last_of(cause_of(row), user_id=row.recipient_id)
        if last is not None:
            said.append(f"last {_at(last.at)}: {'taken' if last.accepted else last.error}")
        elif row.said_at is not None:
            said.append(f"last {_at(row.said_at)}: on its way")
        return "; ".join(said) or "not yet"

    @display(description="To")
    def to(self, row: Announcement) -> str:
        return str(row.recipient)

    @display(description="Days")
    def on_days(self, row: Announcement) -> str:
        return row.days.replace(",", ", ")

    @display(description="At")
    def clock(self, row: Announcement) -> str:
        return f"{row.at:%H:%M}" if row.at else ""


def _at(moment: datetime) -> str:
    return date(timezone.localtime(moment), "D j M H:i")


def write_announcements(schedule: Schedule, formset: Any, *, by: Actor, now: datetime) -> None:
    """What is taken off goes first, so that something else may take its place. Raises Refused."""
    forms = kept_rows(formset)
    there = [one for one in forms if one.instance.pk]
    for one in there:
        if one.cleaned_data["stop"]:
            actions.remove_announcement(announcement=one.instance, by=by, now=now)
        elif one.cleaned_data["send"]:
            actions.announce_now(announcement=one.instance, by=by, now=now)
    for one in forms:
        if not one.instance.pk:
            actions.add_announcement(schedule=schedule, by=by, now=now, **one.wanted())
