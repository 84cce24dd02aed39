"""The JSON of how one is reached."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rest_framework import serializers

from paging.actions.contacts import MOST_RULES
from paging.core.rules import Rule
from paging.models import ContactMethod, Notification, Page
from paging.reaching import way_of


class ContactMethodSerializer(serializers.ModelSerializer[ContactMethod]):
    address = serializers.CharField(source="shown", help_text="Masked where it is itself a secret.")
    state = serializers.SerializerMethodField(
        help_text="usable; waiting (for its code, not paged); disabled (not paged: `disabled_reason`)."
    )

    class Meta:
        model = ContactMethod
        fields = ("id", "kind", "address", "state", "verified_at", "disabled_reason")

    def get_state(self, row: ContactMethod) -> str:
        if way_of(row).usable:
            return "usable"
        return "disabled" if row.disabled_reason else "waiting"


class MadeContactMethodSerializer(ContactMethodSerializer):
    signing_secret = serializers.CharField(
        help_text="What is posted to a webhook is signed with it; it is not shown again. Else empty."
    )

    class Meta(ContactMethodSerializer.Meta):
        fields = (*ContactMethodSerializer.Meta.fields, "signing_secret")  # type: ignore[assignment]


class NewContactMethod(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=16, help_text=f"One of {', '.join(ContactMethod.Kind.values)}.")
    address = serializers.CharField(max_length=2000, help_text="A number with its country, or an address.")


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=50, help_text="Six digits.")


class RuleSerializer(serializers.Serializer[Any]):
    via = serializers.CharField(max_length=16, help_text="The kind of contact method.")
    after_seconds = serializers.IntegerField(min_value=0, max_value=86_400, help_text="After the page.")


class RulesSerializer(serializers.Serializer[Any]):
    """Both urgencies, the soonest first; none: every method at once, at low urgency email if there is one."""

    high = serializers.ListField(child=RuleSerializer(), max_length=MOST_RULES)
    low = serializers.ListField(child=RuleSerializer(), max_length=MOST_RULES)


class TestPageQuery(serializers.Serializer[Any]):
    urgency = serializers.CharField(max_length=20, default="high", help_text="high or low.")


class MessageSerializer(serializers.ModelSerializer[Notification]):
    via = serializers.CharField(source="method.kind")
    address = serializers.CharField(source="method.shown")
    means = serializers.CharField(source="get_state_display", help_text="What the state says of the phone.")

    class Meta:
        model = Notification
        fields = ("via", "address", "due_at", "state", "means", "reason", "sent_at")


class TestPageSerializer(serializers.ModelSerializer[Page]):
    messages = MessageSerializer(source="notifications", many=True)

    class Meta:
        model = Page
        fields = ("urgency", "created_at", "stopped_at", "stop_reason", "messages")


class RemarkSerializer(serializers.Serializer[Any]):
    lack = serializers.CharField()
    what = serializers.CharField()
    mend = serializers.CharField()


class ReadinessSerializer(serializers.Serializer[Any]):
    user = serializers.CharField(help_text="Username.")
    ready = serializers.BooleanField()
    remarks = RemarkSerializer(many=True)


def told(rules: Mapping[str, Sequence[Rule]]) -> dict[str, list[dict[str, Any]]]:
    """`RulesSerializer`'s JSON."""
    return {
        urgency: [{"via": rule.via, "after_seconds": int(rule.after.total_seconds())} for rule in found]
        for urgency, found in rules.items()
    }


def pairs(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, timedelta]]:
    """Those of one urgency, as the verb takes them."""
    return [(row["via"], timedelta(seconds=row["after_seconds"])) for row in rows]
