"""Teams with their newest verdict, one team's report as it is now, and reports as they were."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.api.fields import MomentField
from oncall.api.instants import to_utc
from people import clock
from people.models import Team, User
from watchbill.reports.core.report import LoadReport
from watchbill.reports.gathering import Scope
from watchbill.reports.reporting import report_of
from watchbill.reports.seen import for_reader, manages, may_read, shown, teams_read
from watchbill.reports.selectors import Week, newest_weeks, stored_report
from watchbill.reports.writing.as_json import LoadJson, as_json

A_WEEK = timedelta(days=7)
NOT_THERE = OpenApiResponse(description="There is none of that name, or none that you may see.")


class LoadQuery(serializers.Serializer[Any]):
    since = MomentField(
        required=False,
        help_text="A week before `until`, if left out. Without an offset: the team's wall clock.",
    )
    until = MomentField(required=False, help_text="Now, if left out. Not included.")


class TeamLoadSerializer(serializers.Serializer[Any]):
    team = serializers.CharField()
    report = serializers.UUIDField(allow_null=True, help_text="Its newest weekly report; null: none yet.")
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    verdict = serializers.ChoiceField(
        choices=("green", "amber", "red"), allow_null=True, help_text="Of its worst shift; null: no shifts."
    )
    red = serializers.IntegerField(allow_null=True, help_text="Shifts.")
    amber = serializers.IntegerField(allow_null=True, help_text="Shifts.")
    green = serializers.IntegerField(allow_null=True, help_text="Shifts.")
    pages = serializers.IntegerField(allow_null=True)
    sleep_interruptions = serializers.IntegerField(allow_null=True)
    over_budget = serializers.FloatField(
        allow_null=True, help_text="The part of its shifts of 90 days with more pages than the budget."
    )


class LoadView(APIView):
    @extend_schema(operation_id="load", responses=TeamLoadSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The teams you may see, by name, with what their newest weekly report says."""
        teams = teams_read(_reader(request))
        return Response(TeamLoadSerializer(_listed(teams), many=True).data)


class TeamLoadView(APIView):
    @extend_schema(
        operation_id="load_team", parameters=[LoadQuery], responses={200: LoadJson, 404: NOT_THERE}
    )
    def get(self, request: Request, name: str) -> Response:
        """A team's report, counted now. Without a range: the week up to now, with the shifts that touch it
        whole; with one: cut at its edges. Who manages the team sees all of it, others their own part.
        """
        reader = _reader(request)
        team = next((team for team in teams_read(reader) if team.name == name), None)
        if team is None:
            raise Http404("There is no such team, or none that you may see.")
        query = LoadQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        report = report_of(team, _scope(team, query.validated_data, now=clock.now()))
        return _answer(for_reader(report, reader_id=reader.pk, manages=manages(reader, team)))


class StoredLoadView(APIView):
    @extend_schema(operation_id="load_report", responses={200: LoadJson, 404: NOT_THERE})
    def get(self, request: Request, uid: UUID) -> Response:
        """A report as it was when it was made. Who manages its team sees all of it, others their own part."""
        reader, stored = _reader(request), stored_report(uid)
        if stored is None or not may_read(reader, stored):
            raise Http404("There is no such report, or none that you may see.")
        return _answer(shown(stored, reader))


def _reader(request: Request) -> User:
    return cast("User", request.user)


def _answer(report: LoadReport) -> Response:
    return Response(as_json([report]))


def _listed(teams: Iterable[Team]) -> list[dict[str, Any]]:
    weeks = {week.team: week for week in newest_weeks(teams)}
    return [{"team": team.name, **_said(weeks.get(team.name))} for team in teams]


def _said(week: Week | None) -> dict[str, Any]:
    if week is None:
        empty = ("since", "until", "red", "amber", "green", "pages", "sleep_interruptions", "over_budget")
        return {"report": None, "verdict": None, **dict.fromkeys(empty)}
    return week._asdict() | {"report": week.uid, "verdict": week.verdict}


def _scope(team: Team, asked: dict[str, datetime], *, now: datetime) -> Scope:
    zone = ZoneInfo(team.time_zone)
    until = to_utc(asked["until"], zone) if "until" in asked else now
    since = to_utc(asked["since"], zone) if "since" in asked else until - A_WEEK
    try:
        return Scope(since=since, until=until, now=now, whole=not asked)
    except ValueError as fault:
        raise serializers.ValidationError({"since": [str(fault)]}) from None
