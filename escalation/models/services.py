"""What alerts are about, and the secrets by which senders raise them."""

import hashlib
import secrets
from datetime import timedelta

from django.db import models
from django.db.models import Q

from escalation.models.policies import EscalationPolicy
from people.models import Team


class Service(models.Model):
    """What alerts are about. `urgency` maps SEV-1..4 to high, support_hours or low.

    `support_hours` is {"days", "start", "end", "time_zone"} or {}. `runbooks` is a list of
    {"match": {label: value}, "url"}. `extras` keeps parts of the document not yet acted on.
    `severities` maps a source's word to SEV-1..4, over what it usually means; `severity_rules` is a list of
    {"match": {label: value}, "severity"}, of which the first that fits wins over both. Alerts whose labels
    `group_by` are equal join one incident for `group_window` (None: each alert has its own). `has_rules`:
    alerts have to be held against its alert rules.
    """

    name = models.CharField(max_length=100, unique=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="services")
    policy = models.ForeignKey(
        EscalationPolicy,
        verbose_name="escalation policy",
        on_delete=models.PROTECT,
        related_name="services",
    )
    acknowledgement_timeout = models.DurationField(
        default=timedelta(minutes=30), help_text="Page again if nothing happens this long after it."
    )
    urgency = models.JSONField(default=dict, blank=True)
    auto_resolve_after = models.DurationField(
        null=True, blank=True, help_text="Resolve an incident of which nothing is heard for so long."
    )
    support_hours = models.JSONField(default=dict, blank=True)
    runbooks = models.JSONField(default=list, blank=True)
    severities = models.JSONField(default=dict, db_default={}, blank=True)
    severity_rules = models.JSONField(default=list, db_default=[], blank=True)
    group_by = models.JSONField(default=list, db_default=[], blank=True)
    group_window = models.DurationField(null=True, blank=True)
    has_rules = models.BooleanField(default=False, db_default=False, editable=False)
    extras = models.JSONField(default=dict, blank=True, editable=False)
    has_routing = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether what comes by its keys has to be held against its routing rules."""
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    has_maintenance = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether a maintenance window of it runs or is to come: nobody else has to look for one."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(group_window__isnull=True) | Q(group_window__gt=timedelta(0)),
                name="service_groups_for_some_time",
                violation_error_message="Alerts are grouped for more than no time; write 10m.",
            )
        ]

    def __str__(self) -> str:
        return self.name


def new_routing_key() -> str:
    return secrets.token_hex(16)


class RoutingKey(models.Model):
    """The secret that lets one sender raise alerts on one service. Looked up by digest only,
    so that an answer's time says nothing about which keys exist. With a `signing_secret` it takes only what
    is signed with that. `events_per_minute` is what it takes within a minute, None for the site's limit.
    `mapping` says how the generic source reads what comes by it (escalation.sources.generic), {} for the
    usual names.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="routing_keys")
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=64, default=new_routing_key)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    signing_secret = models.CharField(max_length=200, default="", db_default="", blank=True, editable=False)
    events_per_minute = models.PositiveIntegerField(null=True, blank=True)
    mapping = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "name"],
                condition=Q(revoked_at__isnull=True),
                name="one_routing_key_per_name",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.service}"

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class SeenPost(models.Model):
    """A signed post that was taken in: whoever sends it again has copied it. Kept for `FORGOTTEN_AFTER`."""

    digest = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest
