"""Handoffs and their notes, over HTTP."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from escalation.api.incidents import Conflict
from escalation.handover.api.serializers import (
    ConfirmSerializer,
    HandoffDetailSerializer,
    HandoffSerializer,
    HandoffsQuery,
    WriteNoteSerializer,
)
from escalation.handover.confirming import confirm_items
from escalation.handover.note import Refused, write_note
from escalation.handover.reading import WHERE, State, handoffs, may_confirm, may_note
from oncall.models import Handoff
from people import clock
from people.ledger.record import Actor
from people.models import User
from people.pagination import SafeCursor

NOT_YOURS = OpenApiResponse(description="It is not your handoff, and you do not manage its team.")
NOT_NOW = OpenApiResponse(description="It does not fit the handoff's state; the detail says why.")


class LatestFirst(SafeCursor):
    ordering = ("-at", "-id")


class HandoffsView(GenericAPIView[Handoff]):
    queryset = handoffs()
    serializer_class = HandoffSerializer
    pagination_class = LatestFirst

    @extend_schema(
        operation_id="handoffs_list", parameters=[HandoffsQuery], responses=HandoffSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Handoffs that took place or are in sight, the latest first. Everyone may read them."""
        query = HandoffsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = self.paginate_queryset(self._asked_for(query.validated_data)) or []
        return self.get_paginated_response(HandoffSerializer(page, many=True).data)

    def _asked_for(self, asked: dict[str, Any]) -> QuerySet[Handoff]:
        found = handoffs()
        if "schedule" in asked:
            found = found.filter(schedule=asked["schedule"])
        if "state" in asked:
            return found.filter(WHERE[State(asked["state"])])
        return found.exclude(WHERE[State.CANCELLED])


class HandoffView(APIView):
    @extend_schema(operation_id="handoffs_retrieve", responses=HandoffDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One handoff with its note: the live draft before it happens, what was kept afterwards."""
        return _detail(pk)


class NoteView(APIView):
    @extend_schema(
        operation_id="handoffs_note",
        request=WriteNoteSerializer,
        responses={200: HandoffDetailSerializer, 403: NOT_YOURS, 409: NOT_NOW},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Write what to watch and how it was; who goes off, until 24 hours after the handoff."""
        handoff, person = _allowed(request, pk, may_note)
        form = WriteNoteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        by = Actor.person(person, via="API")
        try:
            write_note(handoff=handoff, **form.validated_data, by=by, now=clock.now())
        except Refused as refusal:
            raise Conflict(str(refusal)) from None
        return _detail(pk)


class ConfirmView(APIView):
    @extend_schema(
        operation_id="handoffs_confirm",
        request=ConfirmSerializer,
        responses={200: HandoffDetailSerializer, 403: NOT_YOURS, 409: NOT_NOW},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Confirm items; open incidents among them become yours. With the last item the handoff is."""
        handoff, person = _allowed(request, pk, may_confirm)
        form = ConfirmSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        items = form.validated_data.get("items") or list(handoff.items.values_list("pk", flat=True))
        by = Actor.person(person, via="API")
        try:
            confirm_items(handoff=handoff, item_ids=items, by=by, now=clock.now())
        except Refused as refusal:
            raise Conflict(str(refusal)) from None
        return _detail(pk)


def _allowed(request: Request, pk: int, may: Callable[[User, Handoff], bool]) -> tuple[Handoff, User]:
    handoff, person = get_object_or_404(handoffs(), pk=pk), request.user
    if isinstance(person, User) and may(person, handoff):
        return handoff, person
    who = "goes off at" if may is may_note else "comes on at"
    raise PermissionDenied(f"Only who {who} this handoff, and managers of its team, do that.")


def _detail(pk: int) -> Response:
    return Response(HandoffDetailSerializer(get_object_or_404(handoffs(), pk=pk)).data)
