"""Disputes over HTTP: opened by the person paid, answered by those who approve, in a thread."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.api.pagination import ByNumber
from oncall.api.refusals import TOO_LATE, refusals
from oncall.compensation.actions.disputes import answer, close, dispute
from oncall.compensation.api.fields import NOT_THERE, AmountField, MonthField, PaidField, person_of
from oncall.compensation.models import Dispute, DisputeMessage
from oncall.compensation.permissions import statements_seen
from oncall.compensation.selectors import lines_of, seen
from people import clock
from people.ledger.record import Actor
from people.models import User

ENDS = [choice for choice in Dispute.State.choices if choice[0] != Dispute.State.OPEN]


class DisputesQuery(serializers.Serializer[Any]):
    statement = serializers.IntegerField(required=False, min_value=1)
    user = PaidField(required=False, source="statement__user", help_text="One person, by username.")
    state = serializers.ChoiceField(choices=Dispute.State.choices, required=False)


class NewDispute(serializers.Serializer[Any]):
    statement = serializers.IntegerField(min_value=1)
    line = serializers.IntegerField(min_value=1, help_text="The id of the line that is wrong.")
    text = serializers.CharField(max_length=4000, help_text="What is wrong about it.")


class NewMessage(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=4000)


class Closing(serializers.Serializer[Any]):
    """With an amount and its currency, or with minutes, accepting it makes the adjustment, too."""

    state = serializers.ChoiceField(choices=ENDS)
    text = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    amount = AmountField(required=False, allow_null=True, default=None)
    currency = serializers.CharField(max_length=3, required=False, allow_blank=True, default="")
    lieu_minutes = serializers.IntegerField(required=False, default=0)


class DisputeMessageSerializer(serializers.ModelSerializer[DisputeMessage]):
    by = serializers.CharField(source="by.username")

    class Meta:
        model = DisputeMessage
        fields = ("id", "by", "at", "text")


class DisputeSerializer(serializers.ModelSerializer[Dispute]):
    user = serializers.CharField(source="statement.user.username")
    month = MonthField(source="statement.month")
    line = serializers.CharField(help_text="What it said when it was disputed.")
    closed_by = serializers.CharField(source="closed_by.username", default=None, allow_null=True)
    messages = serializers.SerializerMethodField()

    class Meta:
        model = Dispute
        fields = (
            "id", "statement", "user", "month", "kind", "start", "line", "state", "opened_at", "closed_at",
            "closed_by", "messages",
        )  # fmt: skip

    def get_messages(self, row: Dispute) -> list[dict[str, Any]]:
        said = sorted(row.messages.all(), key=lambda message: message.pk)
        return [dict(one) for one in DisputeMessageSerializer(said, many=True).data]


def disputes_seen(viewer: User) -> QuerySet[Dispute]:
    mine = seen(viewer, user="statement__user", month="statement__month")
    rows = Dispute.objects.filter(mine).select_related("statement__user", "closed_by")
    return rows.prefetch_related("messages__by")


class DisputesView(GenericAPIView[Dispute]):
    queryset = Dispute.objects.all()
    serializer_class = DisputeSerializer
    pagination_class = ByNumber

    @extend_schema(
        operation_id="pay_disputes_list",
        parameters=[DisputesQuery],
        responses=DisputeSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Yours, and those of the people whose team you manage."""
        query = DisputesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = disputes_seen(person_of(request)).filter(**query.validated_data)
        rows = self.paginate_queryset(found)
        return self.get_paginated_response(DisputeSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="pay_disputes_create",
        request=NewDispute,
        responses={201: DisputeSerializer, 404: NOT_THERE, 409: TOO_LATE},
    )
    def post(self, request: Request) -> Response:
        """Say that a line of your statement is wrong, also when it is approved or locked."""
        form = NewDispute(data=request.data)
        form.is_valid(raise_exception=True)
        person, asked = person_of(request), form.validated_data
        statement = get_object_or_404(statements_seen(person), pk=asked["statement"])
        line = get_object_or_404(lines_of(statement), pk=asked["line"])
        with refusals():
            row = dispute(
                statement=statement,
                line=line,
                text=asked["text"],
                by=Actor.person(person, via="API"),
                now=clock.now(),
            )
        return Response(DisputeSerializer(row).data, status=201)


class DisputeView(APIView):
    @extend_schema(operation_id="pay_disputes_retrieve", responses={200: DisputeSerializer, 404: NOT_THERE})
    def get(self, request: Request, pk: int) -> Response:
        """One dispute with its thread."""
        return Response(DisputeSerializer(get_object_or_404(disputes_seen(person_of(request)), pk=pk)).data)


class MessagesView(APIView):
    @extend_schema(
        operation_id="pay_disputes_answer",
        request=NewMessage,
        responses={201: DisputeMessageSerializer, 404: NOT_THERE, 409: TOO_LATE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Write into the thread; the other side is told."""
        form = NewMessage(data=request.data)
        form.is_valid(raise_exception=True)
        person = person_of(request)
        row = get_object_or_404(disputes_seen(person), pk=pk)
        with refusals():
            made = answer(
                dispute=row,
                text=form.validated_data["text"],
                by=Actor.person(person, via="API"),
                now=clock.now(),
            )
        return Response(DisputeMessageSerializer(made).data, status=201)


class CloseView(APIView):
    @extend_schema(
        operation_id="pay_disputes_close",
        request=Closing,
        responses={200: DisputeSerializer, 404: NOT_THERE, 409: TOO_LATE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Accept or decline it, as one who approves their pay; or withdraw your own."""
        form = Closing(data=request.data)
        form.is_valid(raise_exception=True)
        person = person_of(request)
        row = get_object_or_404(disputes_seen(person), pk=pk)
        with refusals():
            close(dispute=row, **form.validated_data, by=Actor.person(person, via="API"), now=clock.now())
        return Response(DisputeSerializer(get_object_or_404(disputes_seen(person), pk=pk)).data)
