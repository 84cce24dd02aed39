"""Statements over HTTP: one's own, and those one may approve."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.api.fields import TeamField
from oncall.api.refusals import TOO_LATE, refusals
from oncall.compensation.actions.statements import approve, back_to_draft, lock
from oncall.compensation.api.fields import NOT_THERE, MonthField, PaidField, amounts, person_of
from oncall.compensation.currencies import shown
from oncall.compensation.models import Dispute, Statement, StatementLine
from oncall.compensation.permissions import statements_seen
from oncall.compensation.selectors import NOTHING, Totals, fingerprint, lines_of, totals_of
from people import clock
from people.ledger.record import Actor
from people.models import User
from people.pagination import SafeCursor


class LatestMonthFirst(SafeCursor):
    ordering = ("-month", "-id")


class StatementsQuery(serializers.Serializer[Any]):
    month = MonthField(required=False, help_text="One month, such as 2025-06; all of them if left out.")
    team = TeamField(required=False, help_text="Of those who are in this team now.")
    user = PaidField(required=False, help_text="One person, by username.")
    state = serializers.MultipleChoiceField(
        choices=Statement.State.choices,
        required=False,
        error_messages={"invalid_choice": f"Write {', '.join(Statement.State.values)}."},
    )


class StatementLineSerializer(serializers.ModelSerializer[StatementLine]):
    amount = serializers.SerializerMethodField(help_text="As it is paid, rounded.")
    exact = serializers.CharField(help_text="Before it was rounded, as a fraction: 3200/47.")
    pages = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of the pages behind it.")
    override = serializers.CharField(help_text="What put them on call, such as “cover #12”; often nothing.")

    class Meta:
        model = StatementLine
        fields = (
            "id", "position", "kind", "plan", "band", "schedule", "role", "start", "end", "seconds", "rate",
            "exact", "amount", "currency", "lieu_minutes", "lieu_expires", "override", "pages", "because",
        )  # fmt: skip

    def get_amount(self, line: StatementLine) -> str:
        return shown(line.amount, line.currency)


class StatementSerializer(serializers.ModelSerializer[Statement]):
    """Its context has `totals`, of those that are shown."""

    user = serializers.CharField(source="user.username")
    month = MonthField()
    amounts = serializers.SerializerMethodField(help_text="By currency.")
    lieu_minutes = serializers.SerializerMethodField()
    warnings = serializers.ListField(child=serializers.CharField())
    approved_by = serializers.CharField(source="approved_by.username", default=None, allow_null=True)
    locked_by = serializers.CharField(source="locked_by.username", default=None, allow_null=True)
    open_disputes = serializers.IntegerField(source="disputed")

    class Meta:
        model = Statement
        fields: tuple[str, ...] = (
            "id", "user", "month", "state", "amounts", "lieu_minutes", "warnings", "open_disputes",
            "reckoned_at", "approved_at", "approved_by", "locked_at", "locked_by",
        )  # fmt: skip

    def _totals(self, row: Statement) -> Totals:
        found: Totals = self.context["totals"].get(row.pk, NOTHING)
        return found

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_amounts(self, row: Statement) -> dict[str, str]:
        return amounts(self._totals(row).amounts)

    def get_lieu_minutes(self, row: Statement) -> int:
        return self._totals(row).lieu_minutes


class StatementDetailSerializer(StatementSerializer):
    revision = serializers.SerializerMethodField(help_text="Of its lines: approve with the one you saw.")
    lines = serializers.SerializerMethodField()

    class Meta(StatementSerializer.Meta):
        fields = (*StatementSerializer.Meta.fields, "revision", "lines")

    def get_revision(self, row: Statement) -> str:
        return fingerprint(self.context["lines"])

    @extend_schema_field(StatementLineSerializer(many=True))
    def get_lines(self, row: Statement) -> Any:
        return StatementLineSerializer(self.context["lines"], many=True).data


class Approval(serializers.Serializer[Any]):
    revision = serializers.CharField(
        required=False,
        default="",
        max_length=64,
        help_text="As the statement had it. Where it says something else by now, it is not approved.",
    )


class Return(serializers.Serializer[Any]):
    why = serializers.CharField(max_length=400)


def seen_by(viewer: User) -> QuerySet[Statement]:
    open_ones = Q(disputes__state=Dispute.State.OPEN)
    rows = statements_seen(viewer).select_related("user", "approved_by", "locked_by")
    return rows.annotate(disputed=Count("disputes", filter=open_ones))


def listed(rows: Iterable[Statement]) -> Any:
    shown_rows = list(rows)
    return StatementSerializer(shown_rows, many=True, context={"totals": totals_of(shown_rows)}).data


def detailed(viewer: User, pk: int) -> Any:
    row = get_object_or_404(seen_by(viewer), pk=pk)
    context = {"totals": totals_of([row]), "lines": list(lines_of(row))}
    return StatementDetailSerializer(row, context=context).data


class StatementsView(GenericAPIView[Statement]):
    queryset = Statement.objects.all()
    serializer_class = StatementSerializer
    pagination_class = LatestMonthFirst

    @extend_schema(
        operation_id="pay_statements_list",
        parameters=[StatementsQuery],
        responses=StatementSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Your statements, and those of the people whose team you manage; the latest month first."""
        query = StatementsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, found = query.validated_data, seen_by(person_of(request))
        if "team" in asked:
            found = found.filter(user__in=asked["team"].members.all())
        if asked.get("state"):
            found = found.filter(state__in=asked["state"])
        found = found.filter(**{name: asked[name] for name in ("month", "user") if name in asked})
        return self.get_paginated_response(listed(self.paginate_queryset(found) or []))


class StatementView(APIView):
    @extend_schema(
        operation_id="pay_statements_retrieve",
        responses={200: StatementDetailSerializer, 404: NOT_THERE},
    )
    def get(self, request: Request, pk: int) -> Response:
        """One statement with its lines, each with what it is for."""
        return Response(detailed(person_of(request), pk))


class _Deciding(APIView):
    def decided(self, request: Request, pk: int, verb: Callable[..., object], **asked: Any) -> Response:
        person = person_of(request)
        row = get_object_or_404(statements_seen(person), pk=pk)
        with refusals():
            verb(statement=row, by=Actor.person(person, via="API"), now=clock.now(), **asked)
        return Response(detailed(person, pk))


ANSWERS = {200: StatementDetailSerializer, 404: NOT_THERE, 409: TOO_LATE}


class ApproveView(_Deciding):
    @extend_schema(operation_id="pay_statements_approve", request=Approval, responses=ANSWERS)
    def post(self, request: Request, pk: int) -> Response:
        """Say that it is right, as one who manages a team of theirs and is not the person paid."""
        form = Approval(data=request.data)
        form.is_valid(raise_exception=True)
        return self.decided(request, pk, approve, seen=form.validated_data["revision"])


class BackToDraftView(_Deciding):
    @extend_schema(operation_id="pay_statements_back_to_draft", request=Return, responses=ANSWERS)
    def post(self, request: Request, pk: int) -> Response:
        """Return what was approved; it is reckoned anew until somebody approves it again."""
        form = Return(data=request.data)
        form.is_valid(raise_exception=True)
        return self.decided(request, pk, back_to_draft, why=form.validated_data["why"])


class LockView(_Deciding):
    @extend_schema(operation_id="pay_statements_lock", request=None, responses=ANSWERS)
    def post(self, request: Request, pk: int) -> Response:
        """It is paid as it stands, and never changes again."""
        return self.decided(request, pk, lock)
