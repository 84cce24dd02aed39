"""Swaps, over HTTP: ask, take, approve, decline, withdraw."""

from datetime import datetime
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall import actions
from oncall.advice import Watch, sentences
from oncall.api.fields import MomentField, PersonField, ScheduleField, check_role, read_span
from oncall.api.pagination import LatestFirst
from oncall.api.refusals import TOO_LATE, refusals
from oncall.core.finding import Kind
from oncall.models import Swap
from oncall.permissions import may_ask, may_decide, may_decline, may_withdraw
from oncall.standins import cautions
from people.ledger.record import Actor
from people.models import User

NOT_YOURS = OpenApiResponse(description="You may not; `detail` says who may.")
UNHEARD = frozenset({Kind.UNREACHABLE, Kind.NOBODY_REACHABLE})
"""What `cautions` do not say of somebody."""


class SwapsQuery(serializers.Serializer[Any]):
    schedule = ScheduleField(required=False, help_text="One schedule, by name; all of them if left out.")
    state = serializers.MultipleChoiceField(
        choices=Swap.State.choices,
        required=False,
        error_messages={"invalid_choice": f"Write {', '.join(Swap.State.values)}."},
    )
    mine = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Only those you give, took, or were asked alone to take.",
    )


class NewSwap(serializers.Serializer[Any]):
    """A span to be carried by others. Times without an offset are wall-clock times of the schedule."""

    schedule = ScheduleField()
    role = serializers.CharField(max_length=40)
    start = MomentField()
    end = MomentField()
    giver = PersonField(required=False, help_text="You, if left out; managers ask for others, too.")
    offered_to = PersonField(
        required=False, allow_null=True, default=None, help_text="The team, if left out."
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class NoSwap(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class SwapSerializer(serializers.ModelSerializer[Swap]):
    schedule = serializers.CharField(source="schedule.name")
    giver = serializers.CharField(source="giver.username")
    offered_to = serializers.CharField(source="offered_to.username", default=None, allow_null=True)
    asked_by = serializers.CharField(source="asked_by.username", default=None, allow_null=True)
    taker = serializers.CharField(source="taker.username", default=None, allow_null=True)
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = Swap
        fields = (
            "id",
            "schedule",
            "role",
            "giver",
            "start",
            "end",
            "offered_to",
            "reason",
            "urgent",
            "state",
            "asked_at",
            "asked_by",
            "taker",
            "taken_at",
            "decided_at",
            "decided_by",
        )


class TakenSwapSerializer(SwapSerializer):
    advice = serializers.ListField(
        child=serializers.CharField(), help_text="What its taker should know, in sentences; often nothing."
    )

    class Meta(SwapSerializer.Meta):
        fields = (*SwapSerializer.Meta.fields, "advice")  # type: ignore[assignment]  # one more


def all_swaps() -> QuerySet[Swap]:
    people = ("giver", "offered_to", "asked_by", "taker", "decided_by")
    return Swap.objects.select_related("schedule__team", *people)


def person_of(request: Request) -> User:
    """Who asks: the API lets in only those who have logged in, by a token or on the pages."""
    return cast("User", request.user)


class SwapsView(GenericAPIView[Swap]):
    queryset = all_swaps()
    serializer_class = SwapSerializer
    pagination_class = LatestFirst

    @extend_schema(operation_id="swaps_list", parameters=[SwapsQuery], responses=SwapSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What people ask others to carry, and what became of it; the latest first."""
        query = SwapsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = _asked_for(query.validated_data, person_of(request))
        return self.get_paginated_response(SwapSerializer(self.paginate_queryset(found), many=True).data)

    @extend_schema(
        operation_id="swaps_create", request=NewSwap, responses={201: SwapSerializer, 403: NOT_YOURS}
    )
    def post(self, request: Request) -> Response:
        """Ask the team, or one person, to carry a span; until somebody takes it its giver stays on."""
        form = NewSwap(data=request.data)
        form.is_valid(raise_exception=True)
        now, person, asked = timezone.now(), person_of(request), form.validated_data
        schedule, giver = asked["schedule"], asked.get("giver", person)
        if not may_ask(person, schedule, giver):
            raise PermissionDenied(
                f"Only {giver}, managers of {schedule.name}'s team and superusers ask on their behalf."
            )
        start, end = read_span(schedule, asked, now=now)
        check_role(schedule, asked["role"], now=now)
        with refusals():
            swap = actions.ask_swap(
                **asked | {"giver": giver, "start": start, "end": end},
                by=Actor.person(person, via="API"),
                now=now,
            )
        return Response(SwapSerializer(swap).data, status=201)


def _asked_for(asked: dict[str, Any], person: User) -> QuerySet[Swap]:
    found = all_swaps()
    if "schedule" in asked:
        found = found.filter(schedule=asked["schedule"])
    if asked.get("state"):
        found = found.filter(state__in=asked["state"])
    if asked["mine"]:
        found = found.filter(Q(giver=person) | Q(taker=person) | Q(offered_to=person))
    return found


class SwapView(APIView):
    @extend_schema(operation_id="swaps_retrieve", responses=SwapSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One swap."""
        return Response(SwapSerializer(get_object_or_404(all_swaps(), pk=pk)).data)


class TakeSwapView(APIView):
    @extend_schema(
        operation_id="swaps_take", request=None, responses={200: TakenSwapSerializer, 409: TOO_LATE}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Carry it yourself, from now on or once a manager has approved. The first to take it does."""
        swap, now, person = get_object_or_404(all_swaps(), pk=pk), timezone.now(), person_of(request)
        advice = _cautions(swap, person, now)
        watch = Watch([swap.schedule_id], now=now)
        with refusals():
            swap = actions.take_swap(swap=swap, taker=person, by=Actor.person(person, via="API"), now=now)
        worse = [one for one in watch.worse(swap.schedule_id) if one.kind in UNHEARD]
        return Response(SwapSerializer(swap).data | {"advice": advice + sentences(worse)})


def _cautions(swap: Swap, taker: User, now: datetime) -> list[str]:
    """Asked before it is taken: afterwards they would be on call then."""
    start = max(swap.start, now)
    return cautions(taker, swap.schedule, start=start, end=swap.end, now=now) if start < swap.end else []


class ApproveSwapView(APIView):
    @extend_schema(
        operation_id="swaps_approve",
        request=None,
        responses={200: SwapSerializer, 403: NOT_YOURS, 409: TOO_LATE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say yes: who took it carries it from now on."""
        swap, person = get_object_or_404(all_swaps(), pk=pk), person_of(request)
        if not may_decide(person, swap):
            raise PermissionDenied(
                f"Only managers of {swap.schedule.name}'s team who neither give it nor take it approve it."
            )
        with refusals():
            swap = actions.approve_swap(swap=swap, by=Actor.person(person, via="API"), now=timezone.now())
        return Response(SwapSerializer(swap).data)


class DeclineSwapView(APIView):
    @extend_schema(
        operation_id="swaps_decline",
        request=NoSwap,
        responses={200: SwapSerializer, 403: NOT_YOURS, 409: TOO_LATE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say no, as a manager or as the one person asked: its giver stays on."""
        swap, person = get_object_or_404(all_swaps(), pk=pk), person_of(request)
        form = NoSwap(data=request.data)
        form.is_valid(raise_exception=True)
        if not may_decline(person, swap):
            raise PermissionDenied(
                f"Only who was asked alone, and managers of {swap.schedule.name}'s team, decline it."
            )
        with refusals():
            swap = actions.decline_swap(
                swap=swap,
                reason=form.validated_data["reason"],
                by=Actor.person(person, via="API"),
                now=timezone.now(),
            )
        return Response(SwapSerializer(swap).data)


class WithdrawSwapView(APIView):
    @extend_schema(
        operation_id="swaps_withdraw",
        request=None,
        responses={200: SwapSerializer, 403: NOT_YOURS, 409: TOO_LATE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Ask no more, as its giver or a manager: its giver stays on."""
        swap, person = get_object_or_404(all_swaps(), pk=pk), person_of(request)
        if not may_withdraw(person, swap):
            raise PermissionDenied(
                f"Only {swap.giver}, managers of {swap.schedule.name}'s team and superusers withdraw it."
            )
        with refusals():
            swap = actions.withdraw_swap(swap=swap, by=Actor.person(person, via="API"), now=timezone.now())
        return Response(SwapSerializer(swap).data)
