"""How one is reached, over HTTP: one's own methods, rules and test page; and who is ready to be paged."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from paging import loading
from paging.actions import contacts, testing, verifying
from paging.api.serializers import (
    CodeSerializer,
    ContactMethodSerializer,
    MadeContactMethodSerializer,
    NewContactMethod,
    ReadinessSerializer,
    RulesSerializer,
    TestPageQuery,
    TestPageSerializer,
    pairs,
    told,
)
from paging.core.rules import HIGH, LOW
from paging.models import ContactMethod, Page
from paging.reaching import last_test_page, readiness
from people.ledger.record import Actor
from people.models import User
from people.pagination import SafeCursor
from people.permissions import managed_team_ids

NOT_THERE = OpenApiResponse(description="There is none of that number, or it is another person's.")
REFUSED = OpenApiResponse(description="`non_field_errors` says why, and what to do instead.")


class ByName(SafeCursor):
    ordering = ("username",)


@method_decorator(never_cache, name="dispatch")
class ContactMethodsView(APIView):
    @extend_schema(operation_id="me_contact_methods_list", responses=ContactMethodSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The ways to reach you, oldest first, disabled ones too."""
        return Response(ContactMethodSerializer(_own(request), many=True).data)

    @extend_schema(
        operation_id="me_contact_methods_create",
        request=NewContactMethod,
        responses={201: MadeContactMethodSerializer, 400: REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Add one. A code is sent to it; it is not paged before you `verify` it."""
        given = _given(NewContactMethod, request)
        with refusals():
            row = verifying.add_own_method(
                user=_person(request), **given, by=_by(request), now=timezone.now()
            )
        return Response(MadeContactMethodSerializer(row).data, status=201)


@method_decorator(never_cache, name="dispatch")
class ContactMethodView(APIView):
    @extend_schema(
        operation_id="me_contact_methods_retrieve", responses={200: ContactMethodSerializer, 404: NOT_THERE}
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(ContactMethodSerializer(_mine(request, pk)).data)

    @extend_schema(operation_id="me_contact_methods_destroy", responses={204: None, 404: NOT_THERE})
    def delete(self, request: Request, pk: int) -> Response:
        """Be paged by it no more. It stays on the list, disabled; a new `code` brings it back."""
        verifying.remove(method=_mine(request, pk), by=_by(request), now=timezone.now())
        return Response(status=204)


class CodeView(APIView):
    @extend_schema(
        operation_id="me_contact_methods_code",
        request=None,
        responses={202: ContactMethodSerializer, 400: REFUSED, 404: NOT_THERE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Send a new code, at most one a minute; the one before counts no more."""
        row = _mine(request, pk)
        with refusals():
            verifying.ask_code(method=row, by=_by(request), now=timezone.now())
        return Response(ContactMethodSerializer(row).data, status=202)


class VerifyView(APIView):
    @extend_schema(
        operation_id="me_contact_methods_verify",
        request=CodeSerializer,
        responses={200: ContactMethodSerializer, 400: REFUSED, 404: NOT_THERE},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Enter the code that was sent. After five wrong ones the method is locked for a while."""
        row = _mine(request, pk)
        given = _given(CodeSerializer, request)
        with refusals():
            verifying.verify(method=row, code=given["code"], by=_by(request), now=timezone.now())
        return Response(ContactMethodSerializer(row).data)


@method_decorator(never_cache, name="dispatch")
class RulesView(APIView):
    @extend_schema(operation_id="me_rules_retrieve", responses=RulesSerializer)
    def get(self, request: Request) -> Response:
        """Which kind of method is used how long after a page, for each urgency."""
        return _rules(_person(request))

    @extend_schema(
        operation_id="me_rules_update",
        request=RulesSerializer,
        responses={200: RulesSerializer, 400: REFUSED},
    )
    def put(self, request: Request) -> Response:
        """Replace the rules of both urgencies."""
        given = _given(RulesSerializer, request)
        user, now = _person(request), timezone.now()
        with refusals(), transaction.atomic():
            for urgency in (HIGH, LOW):
                wanted = pairs(given[urgency])
                contacts.set_rules(user=user, urgency=urgency, rules=wanted, by=_by(request), now=now)
        return _rules(user)


@method_decorator(never_cache, name="dispatch")
class TestPageView(APIView):
    @extend_schema(operation_id="me_test_page_retrieve", responses={200: TestPageSerializer, 404: NOT_THERE})
    def get(self, request: Request) -> Response:
        """Your last test page, and how far each message of it is."""
        return Response(TestPageSerializer(_tested(request)).data)

    @extend_schema(
        operation_id="me_test_page_create",
        request=TestPageQuery,
        responses={201: TestPageSerializer, 400: REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Page yourself by your own rules, at most once a minute. It counts as no page."""
        given = _given(TestPageQuery, request)
        with refusals():
            testing.send_test_page(
                user=_person(request), urgency=given["urgency"], by=_by(request), now=timezone.now()
            )
        return Response(TestPageSerializer(_tested(request)).data, status=201)


@method_decorator(never_cache, name="dispatch")
class ReadinessView(GenericAPIView[User]):
    queryset = User.objects.none()
    serializer_class = ReadinessSerializer
    pagination_class = ByName

    @extend_schema(operation_id="readiness_list", responses=ReadinessSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Whether a page would reach you and those whose team you manage, and what is wanting."""
        rows = self.paginate_queryset(_seen_by(_person(request))) or []
        found = readiness([row.pk for row in rows], now=timezone.now())
        said = [{"user": row.username, "ready": not found[row.pk], "remarks": found[row.pk]} for row in rows]
        return self.get_paginated_response(ReadinessSerializer(said, many=True).data)


@contextmanager
def refusals() -> Iterator[None]:
    """What a verb refuses, as an answer with its sentence."""
    try:
        yield
    except contacts.Refused as refusal:
        raise ValidationError({"non_field_errors": [str(refusal)]}) from None


def _given(form: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    read = form(data=request.data)
    read.is_valid(raise_exception=True)
    given: dict[str, Any] = read.validated_data
    return given


def _person(request: Request) -> User:
    return cast("User", request.user)


def _by(request: Request) -> Actor:
    return Actor.person(_person(request), via="API")


def _own(request: Request) -> QuerySet[ContactMethod]:
    return ContactMethod.objects.filter(user=_person(request)).order_by("pk")


def _mine(request: Request, pk: int) -> ContactMethod:
    """Another's is not there."""
    return get_object_or_404(_own(request).select_related("user"), pk=pk)


def _rules(user: User) -> Response:
    found = loading.rules([user.pk])
    return Response(told({urgency: found.get((user.pk, urgency), ()) for urgency in (HIGH, LOW)}))


def _tested(request: Request) -> Page:
    page = last_test_page(_person(request))
    if page is None:
        raise Http404
    return page


def _seen_by(reader: User) -> QuerySet[User]:
    """Oneself, and the people of the teams one manages; a superuser sees all."""
    people = User.objects.filter(is_active=True)
    if reader.is_superuser:
        return people
    theirs = Q(memberships__team__in=managed_team_ids(reader))
    return people.filter(Q(pk=reader.pk) | theirs).distinct()
