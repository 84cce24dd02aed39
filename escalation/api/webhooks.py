"""`/api/v1/webhooks`: which there are, who tells them, and a test event to one."""

from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from escalation.actions import config, webhooks
from escalation.api.incidents import Conflict
from escalation.models import Target, Webhook
from paging.core.address import masked
from people.ledger.record import Actor
from people.pagination import SafeCursor
from people.permissions import may_edit_team
from people.recorded import user_of


class ByName(SafeCursor):
    ordering = ("name",)


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """`address` is enough to recognise it: the rest may be a key. What signs its events is not shown here."""

    id = serializers.IntegerField(source="recipient_id")
    address = serializers.SerializerMethodField()
    policies = serializers.SerializerMethodField()

    class Meta:
        model = Webhook
        fields = ("id", "name", "address", "policies")

    def get_address(self, webhook: Webhook) -> str:
        there = webhooks.pointed(webhook)
        return masked(there.address) if there else ""

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_policies(self, webhook: Webhook) -> list[str]:
        return sorted({target.step.policy.name for target in webhook.targets.all()})


class WebhookViewSet(viewsets.ReadOnlyModelViewSet[Webhook]):
    """The webhooks in use. They are set up in the admin or by a document."""

    queryset = Webhook.objects.filter(retired_at=None).prefetch_related(
        Prefetch(
            "targets",
            Target.objects.filter(step__policy__retired_at=None).select_related("step__policy"),
        )
    )
    serializer_class = WebhookSerializer
    pagination_class = ByName
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(request=None, responses={202: WebhookSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Post one event that says that it is a test. Managers may."""
        webhook, user = self.get_object(), user_of(request)
        if not may_edit_team(user, None):
            raise PermissionDenied("Only managers send test events.")
        try:
            webhooks.try_webhook(webhook=webhook, by=Actor.person(user, via="API"), now=timezone.now())
        except config.ConfigError as refusal:
            raise Conflict(str(refusal)) from refusal
        return Response(self.get_serializer(webhook).data, status=202)
