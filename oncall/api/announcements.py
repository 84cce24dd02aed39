"""Where a schedule announces who is on call, over HTTP. A chat address is taken, and never given back."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall import actions
from oncall.api.refusals import refusals
from oncall.api.schedules import NOT_YOURS, manager_of
from oncall.api.views import schedule_or_404
from oncall.api.writing import Strict
from oncall.core.announcing import read_days, spelled
from oncall.models import Announcement
from oncall.selectors import announcements_of
from people.ledger.record import Actor

DAY = serializers.CharField(max_length=20)


class NewAnnouncement(Strict):
    """To one place, and at times or on change."""

    to = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=1000,
        help_text="A chat room as apprise spells it, such as slack://TokenA/TokenB/TokenC.",
    )
    webhook = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=100, help_text="A webhook, by its name."
    )
    days = serializers.ListField(
        child=DAY,
        required=False,
        allow_null=True,
        default=None,
        max_length=50,
        help_text="mon, tue, ...; every day, if left out.",
    )
    at = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=20,
        help_text="A wall time of the schedule, such as 09:00.",
    )
    on_change = serializers.BooleanField(
        required=False, default=False, help_text="Whenever who is on call changes, instead of at a time."
    )


class AnnouncementSerializer(serializers.ModelSerializer[Announcement]):
    schedule = serializers.CharField(source="schedule.name")
    to = serializers.CharField(
        source="recipient.__str__", help_text="The webhook's name, or of a chat address what is no key."
    )
    days = serializers.SerializerMethodField()
    at = serializers.TimeField(format="%H:%M", allow_null=True)
    on_change = serializers.BooleanField()
    next_at = serializers.SerializerMethodField(help_text="Null for what is announced on change.")
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)

    class Meta:
        model = Announcement
        fields = (
            "id",
            "schedule",
            "to",
            "days",
            "at",
            "on_change",
            "next_at",
            "said_at",
            "created_at",
            "created_by",
        )

    def get_days(self, row: Announcement) -> list[str]:
        return spelled(read_days(row.days)).split(",") if row.days else []

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_at(self, row: Announcement) -> Any:
        field = serializers.DateTimeField()
        return None if row.on_change or row.next_at is None else field.to_representation(row.next_at)


class AnnouncementsView(APIView):
    @extend_schema(operation_id="schedules_announcements_list", responses=AnnouncementSerializer(many=True))
    def get(self, request: Request, name: str) -> Response:
        """Where and when the schedule announces who is on call, the oldest first."""
        rows = announcements_of(schedule_or_404(name))
        return Response(AnnouncementSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="schedules_announcements_create",
        request=NewAnnouncement,
        responses={201: AnnouncementSerializer, 403: NOT_YOURS},
    )
    def post(self, request: Request, name: str) -> Response:
        """Announce who is on call to a chat room or a webhook, at a time on days of the week or on change."""
        schedule, now = schedule_or_404(name), timezone.now()
        by = Actor.person(manager_of(request, schedule), via="API")
        form = NewAnnouncement(data=request.data)
        form.is_valid(raise_exception=True)
        with refusals():
            made = actions.add_announcement(schedule=schedule, **form.validated_data, by=by, now=now)
        return Response(AnnouncementSerializer(made).data, status=201)


class AnnouncementView(APIView):
    @extend_schema(operation_id="announcements_destroy", responses={204: None, 403: NOT_YOURS})
    def delete(self, request: Request, pk: int) -> Response:
        """Take an announcement off its schedule."""
        row, by = _managed(request, pk)
        actions.remove_announcement(announcement=row, by=by, now=timezone.now())
        return Response(status=204)


class SendAnnouncementView(APIView):
    @extend_schema(
        operation_id="announcements_send",
        request=None,
        responses={200: AnnouncementSerializer, 403: NOT_YOURS},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Announce it at once, to see what arrives; at most once in ten seconds."""
        row, by = _managed(request, pk)
        with refusals():
            actions.announce_now(announcement=row, by=by, now=timezone.now())
        row.refresh_from_db()
        return Response(AnnouncementSerializer(row).data)


def _managed(request: Request, pk: int) -> tuple[Announcement, Actor]:
    """The announcement, and who acts on it. Raises Http404 and PermissionDenied."""
    live = Announcement.objects.filter(retired_at=None).select_related("schedule__team", "recipient")
    row = get_object_or_404(live, pk=pk)
    return row, Actor.person(manager_of(request, row.schedule), via="API")
