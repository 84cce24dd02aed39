"""Time in lieu over HTTP: what is left, what was earned, used and lost, and time off taken out of it."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.api.fields import MomentField
from oncall.api.refusals import TOO_LATE, refusals
from oncall.compensation.actions.lieu import cancel_use, use
from oncall.compensation.api.fields import NOT_THERE, PaidField, instant, person_of
from oncall.compensation.models import LieuUse
from oncall.compensation.permissions import people_seen
from oncall.compensation.selectors import lieu_accounts
from people import clock
from people.ledger.record import Actor
from people.models import User


class LieuQuery(serializers.Serializer[Any]):
    user = PaidField(required=False, help_text="By username; you, if left out.")
    at = MomentField(required=False, help_text="Now, if left out. Without an offset: the person's clock.")


class UsesQuery(serializers.Serializer[Any]):
    user = PaidField(required=False, help_text="By username; you, if left out.")


class NewUse(serializers.Serializer[Any]):
    user = PaidField(required=False, help_text="You, if left out; managers enter that of others, too.")
    at = MomentField(help_text="When it begins. Without an offset: the person's clock.")
    minutes = serializers.IntegerField()
    why = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class UseSerializer(serializers.ModelSerializer[LieuUse]):
    user = serializers.CharField(source="user.username")
    created_by = serializers.CharField(source="created_by.username")

    class Meta:
        model = LieuUse
        fields = ("id", "user", "at", "minutes", "why", "created_at", "created_by", "cancelled_at")


class BookedSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.CharField(help_text="earned, used or lost")
    minutes = serializers.IntegerField(help_text="With a minus where they were used or lost.")
    left = serializers.IntegerField()


class LossSerializer(serializers.Serializer[Any]):
    minutes = serializers.IntegerField()
    expires = serializers.DateTimeField()


class LieuSerializer(serializers.Serializer[Any]):
    user = serializers.CharField()
    at = serializers.DateTimeField()
    left = serializers.IntegerField(help_text="Minutes that can be taken off.")
    lost = serializers.IntegerField()
    overdrawn = serializers.IntegerField()
    next_loss = LossSerializer(allow_null=True, help_text="What is lost first, if nothing of it is used.")
    ledger = BookedSerializer(many=True)


class LieuView(APIView):
    @extend_schema(
        operation_id="pay_lieu_retrieve",
        parameters=[LieuQuery],
        responses={200: LieuSerializer, 404: NOT_THERE},
    )
    def get(self, request: Request) -> Response:
        """What is left of somebody's time in lieu, at any time, and how it came to that."""
        query = LieuQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        user = _one_of(request, query.validated_data)
        at = instant(query.validated_data["at"], user) if "at" in query.validated_data else clock.now()
        account = lieu_accounts([user.pk])[user.pk]
        found = account.balance(at)
        answer = {
            "user": user.username,
            "at": at,
            "left": found.left,
            "lost": found.lost,
            "overdrawn": found.overdrawn,
            "next_loss": found.next_loss,
            "ledger": account.booked(at),
        }
        return Response(LieuSerializer(answer).data)


class UsesView(APIView):
    @extend_schema(
        operation_id="pay_lieu_uses_list",
        parameters=[UsesQuery],
        responses={200: UseSerializer(many=True), 404: NOT_THERE},
    )
    def get(self, request: Request) -> Response:
        """Somebody's time off in lieu, taken and planned, the latest first."""
        query = UsesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        user = _one_of(request, query.validated_data)
        rows = uses_seen(person_of(request)).filter(user=user, cancelled_at=None).order_by("-at", "-pk")
        return Response(UseSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="pay_lieu_uses_create",
        request=NewUse,
        responses={201: UseSerializer, 404: NOT_THERE},
    )
    def post(self, request: Request) -> Response:
        """Take time off, now or later, out of what is left then."""
        form = NewUse(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        user, person = _one_of(request, asked), person_of(request)
        at = instant(asked["at"], user)
        with refusals():
            row = use(
                user=user,
                at=at,
                minutes=asked["minutes"],
                why=asked["why"],
                by=Actor.person(person, via="API"),
                now=clock.now(),
            )
        return Response(UseSerializer(row).data, status=201)


class UseView(APIView):
    @extend_schema(operation_id="pay_lieu_uses_destroy", responses={204: None, 404: NOT_THERE, 409: TOO_LATE})
    def delete(self, request: Request, pk: int) -> Response:
        """Cancel it: one's own before it begins, that of others at any time."""
        person = person_of(request)
        row = get_object_or_404(uses_seen(person), pk=pk)
        with refusals():
            cancel_use(use=row, by=Actor.person(person, via="API"), now=clock.now())
        return Response(status=204)


def uses_seen(viewer: User) -> QuerySet[LieuUse]:
    return LieuUse.objects.filter(user__in=people_seen(viewer)).select_related("user", "created_by")


def _one_of(request: Request, asked: dict[str, Any]) -> User:
    """Whom it is about: nobody that one may not see."""
    person = person_of(request)
    return get_object_or_404(people_seen(person), pk=asked.get("user", person).pk)
