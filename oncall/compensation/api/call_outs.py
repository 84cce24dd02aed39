"""Call-outs over HTTP: what kept somebody and what it counts for, and corrections of it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.api.fields import MomentField
from oncall.api.pagination import ByNumber
from oncall.api.refusals import TOO_LATE, refusals
from oncall.compensation.actions import corrections
from oncall.compensation.api.fields import NOT_THERE, PaidField, instant, person_of
from oncall.compensation.called_out import CalledOut, Kept, called_out, corrections_seen
from oncall.compensation.currencies import shown
from oncall.compensation.models import Correction
from oncall.compensation.permissions import people_seen
from people import clock
from people.ledger.record import Actor
from people.models import User

SHOWN = timedelta(days=60)
MOST_DAYS = 366
FIRST_YEAR, LAST_YEAR = 1950, 2900
REFUSED = OpenApiResponse(description="It cannot be; `non_field_errors` says why.")


class CallOutsQuery(serializers.Serializer[Any]):
    user = PaidField(required=False, help_text="By username; you, if left out.")
    since = serializers.DateField(required=False, help_text="The first day; 60 days ago, if left out.")
    until = serializers.DateField(required=False, help_text="Not included; tomorrow, if left out.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("since", "until"):
            if name in attrs and not FIRST_YEAR < attrs[name].year < LAST_YEAR:
                raise serializers.ValidationError({name: ["No call-outs are known of so far away a year."]})
        return attrs


class NewCorrection(serializers.Serializer[Any]):
    """With a page: what it brought about lasted from `start` to `end`, or, with neither, was no call-out.
    Without: work for which nobody was paged. Times without an offset are by the person's clock.
    """

    user = PaidField(required=False, help_text="You, if left out; managers enter that of others, too.")
    page = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="The `page` of an engagement."
    )
    start = MomentField(required=False, allow_null=True, default=None)
    end = MomentField(required=False, allow_null=True, default=None)
    why = serializers.CharField(max_length=400)


class Why(serializers.Serializer[Any]):
    why = serializers.CharField(max_length=400, help_text="What you tell them.")


class CorrectionsQuery(serializers.Serializer[Any]):
    user = PaidField(required=False, help_text="One person, by username.")
    state = serializers.ChoiceField(choices=Correction.State.choices, required=False)


class CorrectionSerializer(serializers.ModelSerializer[Correction]):
    user = serializers.CharField(source="user.username")
    asked_by = serializers.CharField(source="asked_by.username")
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = Correction
        fields = (
            "id", "user", "page", "about_at", "start", "end", "why", "state", "asked_at", "asked_by",
            "decided_at", "decided_by",
        )  # fmt: skip


class EngagementSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    ended_by = serializers.CharField()
    page = serializers.IntegerField(allow_null=True, help_text="What a correction names.")
    pages = serializers.ListField(child=serializers.IntegerField())
    incidents = serializers.ListField(child=serializers.IntegerField())
    correction = serializers.IntegerField(allow_null=True, help_text="In force: its id.")
    asked = serializers.IntegerField(allow_null=True, help_text="A correction that waits: its id.")


class CallOutSerializer(serializers.Serializer[Any]):
    user = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    counts = serializers.BooleanField()
    why_not = serializers.CharField(help_text="Why it counts for nothing; empty where it counts.")
    kind = serializers.CharField(help_text="night, weekend, holiday, evening or weekday; or empty.")
    woken = serializers.BooleanField()
    paid_minutes = serializers.IntegerField()
    amount = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    lieu_minutes = serializers.IntegerField()
    engagements = EngagementSerializer(many=True)


class CallOutsView(APIView):
    @extend_schema(
        operation_id="pay_call_outs_list",
        parameters=[CallOutsQuery],
        responses={200: CallOutSerializer(many=True), 404: NOT_THERE},
    )
    def get(self, request: Request) -> Response:
        """What somebody was called out for and what each counts for, the latest first."""
        query = CallOutsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        user, now = _one_of(request, asked), clock.now()
        today = now.astimezone(ZoneInfo(user.time_zone)).date()
        until = asked.get("until", today + timedelta(days=1))
        since = asked.get("since", until - SHOWN)
        _check_days(since, until)
        found = called_out([user.pk], since=since, until=until, now=now)
        rows = [_as_row(one, user) for one in found.get(user.pk, ())]
        return Response(CallOutSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="pay_call_outs_correct",
        request=NewCorrection,
        responses={201: CorrectionSerializer, 400: REFUSED, 404: NOT_THERE},
    )
    def post(self, request: Request) -> Response:
        """Ask that other times count; they do once another approved it."""
        form = NewCorrection(data=request.data)
        form.is_valid(raise_exception=True)
        asked, person = form.validated_data, person_of(request)
        user = _one_of(request, asked)
        start, end = (instant(asked[name], user) if asked[name] else None for name in ("start", "end"))
        with refusals():
            row = corrections.ask(
                user=user,
                page=asked["page"],
                start=start,
                end=end,
                why=asked["why"],
                by=Actor.person(person, via="API"),
                now=clock.now(),
            )
        return Response(CorrectionSerializer(row).data, status=201)


class CorrectionsView(GenericAPIView[Correction]):
    queryset = Correction.objects.all()
    serializer_class = CorrectionSerializer
    pagination_class = ByNumber

    @extend_schema(
        operation_id="pay_call_outs_corrections_list",
        parameters=[CorrectionsQuery],
        responses=CorrectionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Corrections that were asked for, and what became of them: yours, and those you may decide."""
        query = CorrectionsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = corrections_seen(person_of(request)).filter(**query.validated_data)
        return self.get_paginated_response(
            CorrectionSerializer(self.paginate_queryset(found), many=True).data
        )


class _Decision(APIView):
    def decide(self, request: Request, pk: int, verb: Callable[..., Correction], **words: str) -> Response:
        person = person_of(request)
        row = get_object_or_404(corrections_seen(person), pk=pk)
        with refusals():
            row = verb(correction=row, by=Actor.person(person, via="API"), now=clock.now(), **words)
        return Response(CorrectionSerializer(row).data)


class ApproveCorrectionView(_Decision):
    @extend_schema(
        operation_id="pay_call_outs_corrections_approve",
        request=None,
        responses={200: CorrectionSerializer, 400: REFUSED, 404: NOT_THERE, 409: TOO_LATE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """It counts from now on. Not for who asked, nor for whom it is about."""
        return self.decide(request, pk, corrections.approve)


class DeclineCorrectionView(_Decision):
    @extend_schema(
        operation_id="pay_call_outs_corrections_decline",
        request=Why,
        responses={200: CorrectionSerializer, 400: REFUSED, 404: NOT_THERE, 409: TOO_LATE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """It does not count, or no longer does."""
        form = Why(data=request.data)
        form.is_valid(raise_exception=True)
        return self.decide(request, pk, corrections.decline, why=form.validated_data["why"])


class WithdrawCorrectionView(_Decision):
    @extend_schema(
        operation_id="pay_call_outs_corrections_withdraw",
        request=None,
        responses={200: CorrectionSerializer, 400: REFUSED, 404: NOT_THERE, 409: TOO_LATE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """It is not asked for any more, by who asked."""
        return self.decide(request, pk, corrections.withdraw)


def _one_of(request: Request, asked: dict[str, Any]) -> User:
    """Whom it is about: nobody that one may not see."""
    person = person_of(request)
    return get_object_or_404(people_seen(person), pk=asked.get("user", person).pk)


def _check_days(since: date, until: date) -> None:
    if not since < until:
        raise serializers.ValidationError({"until": ["It has to lie after `since`."]})
    if (until - since).days > MOST_DAYS:
        raise serializers.ValidationError({"until": [f"Ask for at most {MOST_DAYS} days at once."]})


def _as_row(one: CalledOut, user: User) -> dict[str, Any]:
    line = one.line
    return {
        "user": user.username,
        "start": one.start,
        "end": one.end,
        "counts": line is not None,
        "why_not": one.why,
        "kind": line.band if line else "",
        "woken": bool(line and line.because),
        "paid_minutes": int(line.length.total_seconds() // 60) if line else 0,
        "amount": shown(line.amount, line.currency) if line else None,
        "currency": line.currency if line else "",
        "lieu_minutes": line.lieu_minutes if line else 0,
        "engagements": [_engagement(each) for each in one.kept],
    }


def _engagement(one: Kept) -> dict[str, Any]:
    kept = one.engagement
    return {
        "start": kept.span.start,
        "end": kept.span.end,
        "ended_by": kept.ended_by,
        "page": one.page,
        "pages": kept.pages,
        "incidents": one.incidents,
        "correction": kept.correction,
        "asked": one.asked.pk if one.asked else None,
    }
