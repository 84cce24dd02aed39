"""`/api/v1/incidents`: see them and act on them."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from escalation import selectors
from escalation.actions import bulk, labelling, merging, respond
from escalation.api.serializers import (
    IncidentDetailSerializer,
    IncidentSerializer,
    LabelSerializer,
    ManySerializer,
    MergeSerializer,
    NewIncidentSerializer,
    NoteSerializer,
    OutcomeSerializer,
    ReasonSerializer,
    ReassignSerializer,
    ResolveSerializer,
    RespondersSerializer,
    SnoozeSerializer,
)
from escalation.core import flapping
from escalation.intake import Trouble, raise_incident
from escalation.models import Incident
from people import clock
from people.ledger.record import Actor
from people.models import User
from people.pagination import SafeCursor


class Conflict(APIException):
    """What was asked for does not fit the incident's state."""

    status_code = 409
    default_code = "conflict"


class NewestFirst(SafeCursor):
    ordering = ("-triggered_at", "-id")


class IncidentFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    status = filters.MultipleChoiceFilter(choices=Incident.Status.choices)
    service = filters.CharFilter(field_name="service__name")
    flapping = filters.BooleanFilter(method="filter_flapping")

    class Meta:
        model = Incident
        fields = ("status", "service", "severity", "urgency", "label")

    def filter_flapping(self, rows: QuerySet[Incident], name: str, value: Any) -> QuerySet[Incident]:
        return rows.filter(episodes__gte=flapping.FROM) if value else rows.filter(episodes__lt=flapping.FROM)


Verb = Callable[..., Incident]


class IncidentViewSet(viewsets.ReadOnlyModelViewSet[Incident]):
    """Everyone who can log in sees every incident and may act on it: nobody is told at 3 a.m. that they
    may not help; and may open one.
    """

    queryset = selectors.incidents()
    serializer_class = IncidentSerializer
    pagination_class = NewestFirst
    filterset_class = IncidentFilter
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(responses=IncidentDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._detail(self.get_object())

    @extend_schema(
        request=NewIncidentSerializer,
        responses={201: IncidentDetailSerializer, 200: IncidentDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        """Open an incident, which pages by its service's policy. 200: it is open already (`dedup_key`)."""
        serializer = NewIncidentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        by = Actor.person(self._user(), via="API")
        try:
            incident, new = raise_incident(Trouble(**serializer.validated_data), by=by, now=clock.now())
        except respond.Refused as refusal:
            raise Conflict(str(refusal)) from refusal
        answer = self._detail(selectors.incidents().get(pk=incident.pk))
        answer.status_code = 201 if new else 200
        return answer

    @extend_schema(request=ReasonSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        return self._act(respond.acknowledge, ReasonSerializer)

    @extend_schema(request=ResolveSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        return self._act(labelling.resolve_and_label, ResolveSerializer, "label")

    @extend_schema(request=LabelSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def label(self, request: Request, pk: str) -> Response:
        """Was there anything to do? The last word counts."""
        return self._act(labelling.label, LabelSerializer, "label")

    @extend_schema(request=ReasonSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def escalate(self, request: Request, pk: str) -> Response:
        return self._act(respond.escalate, ReasonSerializer)

    @extend_schema(request=SnoozeSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        return self._act(respond.snooze, SnoozeSerializer, "until")

    @extend_schema(request=ReassignSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def reassign(self, request: Request, pk: str) -> Response:
        return self._act(respond.reassign, ReassignSerializer, "users")

    @extend_schema(request=RespondersSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def responders(self, request: Request, pk: str) -> Response:
        """Page these people as well, at once, whoever is on it."""
        return self._act(respond.add_responders, RespondersSerializer, "users")

    @extend_schema(request=NoteSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: str) -> Response:
        return self._act(respond.note, NoteSerializer, "text")

    @extend_schema(request=MergeSerializer, responses=IncidentDetailSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """The `incidents` (ids) end and go on as this one, which has their alerts from now on."""

        def merge(*, incident_id: int, **given: Any) -> Incident:
            return merging.merge(into=incident_id, **given)

        return self._act(merge, MergeSerializer, "incidents")

    @extend_schema(
        operation_id="incidents_acknowledge_many", request=ManySerializer, responses=OutcomeSerializer
    )
    @action(detail=False, methods=["post"], url_path="acknowledge", url_name="acknowledge-many")
    def acknowledge_many(self, request: Request) -> Response:
        """Those of `incidents` that nobody is on yet, at most 100; each on its own."""
        return self._many(bulk.acknowledge)

    @extend_schema(operation_id="incidents_resolve_many", request=ManySerializer, responses=OutcomeSerializer)
    @action(detail=False, methods=["post"], url_path="resolve", url_name="resolve-many")
    def resolve_many(self, request: Request) -> Response:
        """Each of `incidents` on its own, at most 100."""
        return self._many(bulk.resolve)

    def _many(self, verb: Callable[..., bulk.Outcome]) -> Response:
        serializer = ManySerializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        outcome = verb(
            incident_ids=serializer.validated_data["incidents"],
            why=serializer.validated_data["reason"],
            by=Actor.person(self._user(), via="API"),
            now=clock.now(),
        )
        return Response(OutcomeSerializer(outcome).data)

    def _act(self, verb: Verb, asks: type[Any], *names: str) -> Response:
        """Check the body, do it under the caller's name, answer with the incident as it now is."""
        now = clock.now()
        incident = get_object_or_404(Incident, pk=self.kwargs["pk"])
        serializer = asks(data=self.request.data, context={"now": now})
        serializer.is_valid(raise_exception=True)
        given = {name: serializer.validated_data[name] for name in names}
        if "reason" in serializer.validated_data:
            given["why"] = serializer.validated_data["reason"]
        try:
            verb(incident_id=incident.pk, by=Actor.person(self._user(), via="API"), now=now, **given)
        except respond.Refused as refusal:
            raise Conflict(str(refusal)) from refusal
        return self._detail(selectors.incidents().get(pk=incident.pk))

    def _user(self) -> User:
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - IsAuthenticated has let nobody else in
        return user

    def _detail(self, incident: Incident) -> Response:
        context = {"timeline": selectors.timeline(incident.pk), **self.get_serializer_context()}
        return Response(IncidentDetailSerializer(incident, context=context).data)
