"""What another plan or another rotation would cost, over HTTP: for managers, and nothing is written."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.api.lookups import UnknownName, find_schedule, find_team, no_such
from oncall.api.refusals import refusals
from oncall.api.schedules import asked_change, manager_of
from oncall.api.writing import ChangedSchedule
from oncall.compensation.api.fields import PaidField, amounts, person_of
from oncall.compensation.comparing import (
    Change,
    Compared,
    Comparison,
    NewPlan,
    OtherRotation,
    Side,
    compare,
    plans_of,
)
from oncall.compensation.core.money import in_hours
from oncall.compensation.core.reading import read_terms
from oncall.compensation.core.terms import Terms
from oncall.compensation.currencies import check_currency, smallest
from oncall.compensation.permissions import manages_any, people_seen
from oncall.core.faults import DefinitionFaults
from oncall.unsaved import Draft
from people import clock
from people.models import Team, User

LONGEST = timedelta(days=366)
EARLIEST, LATEST = date(1903, 1, 1), date(8999, 1, 1)
NOT_A_MANAGER = OpenApiResponse(description="You manage nobody, or not the schedule's team.")


@extend_schema_field(OpenApiTypes.STR)
class TeamNameField(serializers.CharField):
    def to_internal_value(self, data: Any) -> Team:  # type: ignore[override]
        try:
            return find_team(super().to_internal_value(data))
        except UnknownName as unknown:
            raise serializers.ValidationError(str(unknown)) from None


class TriedPlan(serializers.Serializer[Any]):
    plan = serializers.CharField(max_length=100, help_text="Its name.")
    terms = serializers.DictField(help_text="As a version of a plan has them; lengths in seconds.")


class TriedNewPlan(serializers.Serializer[Any]):
    """For the people, teams and places (GB, US-NY), before whatever plan they have."""

    name = serializers.CharField(max_length=100, default="New plan")
    currency = serializers.CharField(max_length=3)
    terms = serializers.DictField(help_text="As a version of a plan has them; lengths in seconds.")
    people = serializers.ListField(child=PaidField(), default=list, max_length=1000)
    teams = serializers.ListField(child=TeamNameField(), default=list, max_length=200)
    places = serializers.ListField(child=serializers.CharField(max_length=16), default=list, max_length=50)

    def validate_currency(self, code: str) -> str:
        try:
            check_currency(code)
        except ValueError as fault:
            raise serializers.ValidationError(str(fault)) from None
        return code

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["people"] or attrs["teams"] or attrs["places"]):
            raise serializers.ValidationError("Say whom it would pay: people, teams or places.")
        return attrs


class Tried(serializers.Serializer[Any]):
    """Days by each person's own clock; `until` is not included. At least one of the three changes."""

    since = serializers.DateField()
    until = serializers.DateField()
    plans = TriedPlan(many=True, required=False, default=list)
    new_plans = TriedNewPlan(many=True, required=False, default=list)
    rotations = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        default=list,
        max_length=10,
        help_text="Each `schedule`, by name, and what `POST /api/v1/schedules/{name}/preview` takes.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        since, until = attrs["since"], attrs["until"]
        if not EARLIEST <= since < until <= LATEST:
            raise serializers.ValidationError({"until": ["The end has to lie after the beginning."]})
        if until - since > LONGEST:
            raise serializers.ValidationError({"until": [f"Compare at most {LONGEST.days} days."]})
        if not (attrs["plans"] or attrs["new_plans"] or attrs["rotations"]):
            raise serializers.ValidationError("Name a change: plans, new_plans or rotations.")
        return attrs


class SideSerializer(serializers.Serializer[Any]):
    amounts = serializers.DictField(child=serializers.CharField(), help_text="By currency.")
    hours = serializers.DictField(child=serializers.CharField(), help_text="Of standby, by band.")
    call_outs = serializers.IntegerField()
    lieu_minutes = serializers.IntegerField()
    unpaid_hours = serializers.CharField(help_text="Carried, and paid by no plan.")


class ComparedSerializer(serializers.Serializer[Any]):
    user = serializers.CharField(allow_null=True, help_text="A username; null: all of them together.")
    before = SideSerializer()
    after = SideSerializer()
    difference = serializers.DictField(
        child=serializers.CharField(), help_text="By currency: after - before."
    )


class ComparisonSerializer(serializers.Serializer[Any]):
    since = serializers.DateField()
    until = serializers.DateField()
    people = ComparedSerializer(many=True, help_text="Whom it concerns, of those whose pay you may see.")
    whole = ComparedSerializer(help_text="The sum of those people, and of nobody else.")
    left_out = serializers.BooleanField(help_text="It concerns others, too, whose pay you may not see.")
    notes = serializers.ListField(child=serializers.CharField())


class CompareView(APIView):
    @extend_schema(
        operation_id="pay_compare",
        request=Tried,
        responses={200: ComparisonSerializer, 403: NOT_A_MANAGER},
    )
    def post(self, request: Request) -> Response:
        """What a change of plans or rotations would cost over some days, beside what is so."""
        viewer, now = person_of(request), clock.now()
        if not manages_any(viewer):
            raise PermissionDenied("What a change costs is for those who manage the people it concerns.")
        form = Tried(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        span = {"since": asked["since"], "until": asked["until"]}
        seen = list(people_seen(viewer).values_list("pk", flat=True))
        change = Change(
            terms=_terms(asked["plans"], seen, **span),
            plans=[_new_plan(one, n) for n, one in enumerate(asked["new_plans"])],
            rotations=[_rotation(request, one, now=now) for one in asked["rotations"]],
        )
        with refusals():
            found = compare(change, seen=seen, **span, now=now)
        return Response(_written(found))


def _terms(asked: list[dict[str, Any]], seen: list[int], *, since: date, until: date) -> dict[int, Terms]:
    """By the plan's id, of plans that pay somebody whom one may see: of others one hears nothing."""
    there = {plan.name: plan for plan in plans_of(seen, since=since, until=until)} if asked else {}
    found = {}
    for n, one in enumerate(asked):
        plan = there.get(one["plan"])
        if plan is None:
            raise ValidationError({"plans": [no_such("pay plan", one["plan"], there)]})
        found[plan.pk] = _read(one["terms"], plan.name, plan.currency, where=f"plans.{n}.terms")
    return found


def _read(written: Mapping[str, Any], name: str, currency: str, *, where: str) -> Terms:
    try:
        return read_terms(written, plan=name, currency=currency, unit=smallest(currency))
    except DefinitionFaults as wrong:
        said = [f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in wrong.faults]
        raise ValidationError({where: said}) from None


def _new_plan(asked: Mapping[str, Any], n: int) -> NewPlan:
    return NewPlan(
        terms=_read(asked["terms"], asked["name"], asked["currency"], where=f"new_plans.{n}.terms"),
        people=[one.pk for one in asked["people"]],
        teams=[one.pk for one in asked["teams"]],
        places=asked["places"],
    )


def _rotation(request: Request, asked: Mapping[str, Any], *, now: datetime) -> OtherRotation:
    try:
        schedule = find_schedule(str(asked.get("schedule", "")))
    except UnknownName as unknown:
        raise ValidationError({"rotations": [str(unknown)]}) from None
    manager_of(request, schedule)
    rest = {name: value for name, value in asked.items() if name != "schedule"}
    said = asked_change(ChangedSchedule, schedule, rest, now=now)
    words = {name: said[name] for name in ("time_zone", "holidays", "definition")}
    draft = Draft(**words, begins=said["effective_from"])
    return OtherRotation(schedule=schedule.pk, name=schedule.name, draft=draft)


def _written(found: Comparison) -> dict[str, Any]:
    names = dict(User.objects.filter(pk__in=[one.user for one in found.people]).values_list("pk", "username"))
    return {
        "since": found.since,
        "until": found.until,
        "people": [_compared(one, names) for one in found.people],
        "whole": _compared(found.whole, names),
        "left_out": found.left_out,
        "notes": found.notes,
    }


def _compared(one: Compared, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "user": None if one.user is None else names[one.user],
        "before": _side(one.before),
        "after": _side(one.after),
        "difference": amounts(one.differences()),
    }


def _side(one: Side) -> dict[str, Any]:
    return {
        "amounts": amounts(one.amounts),
        "hours": {band: _hours(length) for band, length in sorted(one.hours.items())},
        "call_outs": one.call_outs,
        "lieu_minutes": one.lieu_minutes,
        "unpaid_hours": _hours(one.unpaid),
    }


def _hours(length: timedelta) -> str:
    return f"{Decimal(in_hours(length)):f}"
