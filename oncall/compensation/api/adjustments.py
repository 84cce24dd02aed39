"""Adjustments over HTTP: made and cancelled by those who approve pay, seen by the person, too."""

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
from oncall.compensation.actions.adjustments import adjust, cancel_adjustment
from oncall.compensation.api.fields import NOT_THERE, AmountField, MonthField, PaidField, person_of
from oncall.compensation.currencies import shown
from oncall.compensation.models import Adjustment
from oncall.compensation.selectors import seen
from people import clock
from people.ledger.record import Actor
from people.models import User


class AdjustmentsQuery(serializers.Serializer[Any]):
    month = MonthField(required=False)
    user = PaidField(required=False, help_text="One person, by username.")


class NewAdjustment(serializers.Serializer[Any]):
    user = PaidField()
    month = MonthField(help_text="In which it is paid; neither approved nor locked yet.")
    amount = AmountField(help_text="With a minus it is taken away.")
    currency = serializers.CharField(max_length=3)
    why = serializers.CharField(max_length=400)
    about = MonthField(required=False, allow_null=True, default=None, help_text="The month it makes good.")
    lieu_minutes = serializers.IntegerField(required=False, default=0)


class AdjustmentSerializer(serializers.ModelSerializer[Adjustment]):
    user = serializers.CharField(source="user.username")
    month = MonthField()
    about = MonthField(allow_null=True)
    amount = serializers.SerializerMethodField()
    found = serializers.BooleanField(help_text="By reckoning a locked month anew; else somebody entered it.")
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)

    class Meta:
        model = Adjustment
        fields = (
            "id", "user", "month", "about", "amount", "currency", "lieu_minutes", "why", "found",
            "created_at", "created_by", "cancelled_at",
        )  # fmt: skip

    def get_amount(self, row: Adjustment) -> str:
        return shown(row.amount, row.currency)


def adjustments_seen(viewer: User) -> QuerySet[Adjustment]:
    rows = Adjustment.objects.filter(seen(viewer) | seen(viewer, month="about"))
    return rows.select_related("user", "created_by")


class AdjustmentsView(GenericAPIView[Adjustment]):
    queryset = Adjustment.objects.all()
    serializer_class = AdjustmentSerializer
    pagination_class = ByNumber

    @extend_schema(
        operation_id="pay_adjustments_list",
        parameters=[AdjustmentsQuery],
        responses=AdjustmentSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Yours, and those of the people whose team you manage, cancelled ones included."""
        query = AdjustmentsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = adjustments_seen(person_of(request)).filter(**query.validated_data)
        rows = self.paginate_queryset(found)
        return self.get_paginated_response(AdjustmentSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="pay_adjustments_create", request=NewAdjustment, responses={201: AdjustmentSerializer}
    )
    def post(self, request: Request) -> Response:
        """Add to somebody's month, or take away, and say why."""
        form = NewAdjustment(data=request.data)
        form.is_valid(raise_exception=True)
        with refusals():
            row = adjust(
                **form.validated_data, by=Actor.person(person_of(request), via="API"), now=clock.now()
            )
        return Response(AdjustmentSerializer(row).data, status=201)


class AdjustmentView(APIView):
    @extend_schema(
        operation_id="pay_adjustments_retrieve", responses={200: AdjustmentSerializer, 404: NOT_THERE}
    )
    def get(self, request: Request, pk: int) -> Response:
        """One adjustment."""
        row = get_object_or_404(adjustments_seen(person_of(request)), pk=pk)
        return Response(AdjustmentSerializer(row).data)

    @extend_schema(
        operation_id="pay_adjustments_destroy", responses={204: None, 404: NOT_THERE, 409: TOO_LATE}
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Cancel it, while its month is open."""
        person = person_of(request)
        row = get_object_or_404(adjustments_seen(person), pk=pk)
        with refusals():
            cancel_adjustment(adjustment=row, by=Actor.person(person, via="API"), now=clock.now())
        return Response(status=204)
