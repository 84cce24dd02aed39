"""Rows of the escalation floor: what comes in, what people respond to, and when to look again."""

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from escalation.core import flapping
from escalation.core.heartbeat import USUAL_GRACE
from escalation.core.incident import QUIETS
from escalation.core.maintenance import Repeat
from escalation.core.moves import answers
from escalation.sources.event import UNKNOWN_SEVERITY
from oncall.models import Schedule
from people.models import Team, User

MOST_REPEATS = 100
MOST_ACKNOWLEDGEMENTS = 20


class EscalationPolicy(models.Model):
    """Whom to page, in which order, how often. Frozen into an incident when it triggers."""

    name = models.CharField(max_length=100, unique=True)
    repeat = models.PositiveSmallIntegerField(default=0, help_text="How often the steps run again.")
    acknowledgements = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text="So many people have to acknowledge; until then, paging goes on for the others.",
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "escalation policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledgements__range=(1, MOST_ACKNOWLEDGEMENTS)),
                name="a_policy_wants_an_acknowledgement",
                violation_error_message=f"From 1 to {MOST_ACKNOWLEDGEMENTS} people have to acknowledge.",
            ),
            models.CheckConstraint(
                condition=Q(repeat__lte=MOST_REPEATS),
                name="a_policy_repeats_for_a_while",
                violation_error_message=f"A policy runs again 0 to {MOST_REPEATS} times.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Webhook(models.Model):
    """A machine that steps tell, by its name. `recipient` stands for it on the paging floor, and is nobody:
    its contact method holds the address and the secret that signs what is posted.
    """

    recipient = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="+")
    name = models.CharField(max_length=100, unique=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """Pages its targets, then waits `timeout`. One with `after` stands outside the sequence:
    it pages that long after the first trigger, once, also when acknowledged, until resolved.

    It pages only at the `severities` (none: at any), and only in or outside of the service's support hours
    where `hours` says so (`escalation.core.condition`).
    """

    class Hours(models.TextChoices):
        ANY = "", "at any time"
        SUPPORT = "support", "in support hours"
        OUTSIDE = "outside", "outside support hours"

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    timeout = models.DurationField(null=True, blank=True, help_text="Wait this long for an acknowledgement.")
    after = models.DurationField(null=True, blank=True, help_text="Instead: this long after the trigger.")
    severities = models.JSONField(null=True, blank=True, help_text="A list, such as SEV-1 and SEV-2.")
    hours = models.CharField(max_length=10, choices=Hours, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "position"], name="one_step_per_position"),
            models.CheckConstraint(
                condition=Q(timeout__gt=timedelta(0), after__isnull=True)
                | Q(timeout__isnull=True, after__gt=timedelta(0)),
                name="step_waits_or_stands_outside",
            ),
            models.CheckConstraint(
                condition=Q(hours__in=["", "support", "outside"]), name="a_step_asks_for_hours_that_there_are"
            ),
        ]

    def __str__(self) -> str:
        return f"step {self.position} of {self.policy}"


class Target(models.Model):
    """Whom a step pages: a schedule's role, a person, a team's members of a role, all or one in turn; or a
    webhook that it tells.
    """

    class Pick(models.TextChoices):
        ALL = "", "all of them"
        ROUND_ROBIN = "round_robin", "one of them, in turn"

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="targets")
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    webhook = models.ForeignKey(
        Webhook, null=True, blank=True, on_delete=models.PROTECT, related_name="targets"
    )
    role = models.CharField(
        max_length=40,
        blank=True,
        help_text="primary or secondary of a schedule; manager or responder of a team.",
    )
    pick = models.CharField(max_length=16, choices=Pick, blank=True, default=Pick.ALL, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pick="") | Q(team__isnull=False), name="only_of_a_team_one_is_picked"
            ),
            models.CheckConstraint(
                condition=Q(
                    schedule__isnull=False, user__isnull=True, team__isnull=True, webhook__isnull=True
                )
                | Q(schedule__isnull=True, user__isnull=False, team__isnull=True, webhook__isnull=True)
                | Q(schedule__isnull=True, user__isnull=True, team__isnull=False, webhook__isnull=True)
                | Q(schedule__isnull=True, user__isnull=True, team__isnull=True, webhook__isnull=False),
                name="target_is_one_thing_or_a_webhook",
            ),
        ]

    def __str__(self) -> str:
        if self.webhook is not None:
            return f"webhook {self.webhook}"
        whom = (self.schedule or self.user or self.team, self.role, "in turn" if self.pick else "")
        return " ".join(str(part) for part in whom if part)


class TeamTurn(models.Model):
    """Of a team's members of a role (empty: all) who are asked one at a time: whom a new incident asked last.

    `last` is a username, and need not be a member's any more.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=40, blank=True)
    last = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "role"], name="one_turn_per_list")]

    def __str__(self) -> str:
        return f"turn of {self.team} {self.role}".rstrip()


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


class MaintenanceWindow(models.Model):
    """While one of its occurrences runs, alerts on its service are recorded and nobody is paged.

    `start` and `end` are wall-clock times of `time_zone`, as `2026-06-01T02:00:00`: those of the first
    occurrence (escalation.core.maintenance). `look_at` is when one next begins or ends, and the keeper has
    to look; `over_at` from when on nothing comes of it any more, if that is known.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="maintenance")
    start = models.CharField(max_length=19)
    end = models.CharField(max_length=19)
    time_zone = models.CharField(max_length=63)
    repeat = models.CharField(
        max_length=7, blank=True, choices=[(one.value, one.value or "once") for one in Repeat]
    )
    until = models.DateField(null=True, blank=True, help_text="The last day on which one begins.")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        User, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    look_at = models.DateTimeField(null=True, blank=True, editable=False)
    over_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")),
                name="maintenance_ends_after_its_start",
                violation_error_message="The end is not after the start; write a later time.",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | ~Q(repeat=""),
                name="only_a_repetition_has_a_last_day",
                violation_error_message="A last day ends a repetition; choose a repeat, or leave it out.",
            ),
            models.UniqueConstraint(
                fields=["service", "start", "end", "time_zone", "repeat"],
                condition=Q(cancelled_at__isnull=True, ended_at__isnull=True),
                name="one_maintenance_window_of_a_kind",
                violation_error_message="The service has a maintenance window at these times already.",
            ),
        ]
        indexes = [
            # The keeper: what begins or ends now.
            models.Index(
                fields=["look_at"], condition=Q(look_at__isnull=False), name="maintenance_looked_at"
            ),
        ]

    def __str__(self) -> str:
        return f"maintenance of {self.service} from {self.start[:16].replace('T', ' ')} ({self.time_zone})"


def new_routing_key() -> str:
    return secrets.token_hex(16)


class RoutingKey(models.Model):
    """The secret that lets one sender raise alerts on one service. Looked up by digest only,
    so that an answer's time says nothing about which keys exist.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="routing_keys")
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=64, default=new_routing_key)
    digest = models.CharField(max_length=64, unique=True, editable=False)
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


class Incident(models.Model):
    """What people respond to. `wake_at` is when the engine has to look at it again.

    The machine's state (`escalation.core.incident.State`) lies in columns. `policy` is the frozen
    policy (`escalation.core.policy.Policy` as JSON), so that an edit never changes a running incident.
    `picked` holds, of each list that is asked in turn (`escalation.core.turns.Key`), whom it asked last.
    """

    class Status(models.TextChoices):
        TRIGGERED = "triggered"
        ACKNOWLEDGED = "acknowledged"
        RESOLVED = "resolved"

    class Turn(models.IntegerChoices):
        """Which of those that are due is decided first."""

        FIRST = 0, "the first of its service for a while"
        MORE = 1, "one more of its service"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="incidents")
    title = models.CharField(max_length=1024)
    severity = models.CharField(max_length=5)
    urgency = models.CharField(max_length=4)
    status = models.CharField(max_length=12, choices=Status, default=Status.TRIGGERED)
    policy = models.JSONField()
    recurred = models.BooleanField(default=False)
    episodes = models.PositiveIntegerField(
        default=1, db_default=1, help_text="How often its alert came within 24 hours, this time included."
    )
    alert_count = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Alerts that it was opened for or that joined it."
    )
    grouped_as = models.CharField(
        max_length=64,
        default="",
        db_default="",
        blank=True,
        editable=False,
        help_text="Of a service that groups: what its alerts have in common, while others may join it.",
    )

    triggered_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="acknowledged_incidents"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
        db_index=False,
        editable=False,
    )

    cycle = models.PositiveIntegerField(default=0, help_text="How often it started at step one.")
    repeat = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0, help_text="The next step of the sequence to run.")
    step_at = models.DateTimeField(null=True, blank=True)
    hold_until = models.DateTimeField(null=True, blank=True)
    raise_at = models.DateTimeField(null=True, blank=True)
    reached = models.BooleanField(default=False)
    managers_paged = models.BooleanField(default=False)
    outside_from = models.DateTimeField(null=True, blank=True)
    outside_done = models.JSONField(default=list, blank=True)
    outside_passed = models.JSONField(null=True, blank=True)
    answered = models.JSONField(null=True, blank=True, help_text="Ids of those who have acknowledged.")
    added = models.PositiveIntegerField(default=0, db_default=0, help_text="Responders added by hand.")
    parked_reason = models.CharField(max_length=40, blank=True)
    quiet_until = models.DateTimeField(null=True, blank=True, help_text="Nobody is paged before this.")
    quiet_reason = models.CharField(max_length=40, blank=True, default="", db_default="")
    wake_at = models.DateTimeField(null=True, blank=True)
    picked = models.JSONField(null=True, blank=True, editable=False)
    turn = models.PositiveSmallIntegerField(
        choices=Turn, default=Turn.MORE, db_default=Turn.MORE, editable=False
    )
    resolve_at = models.DateTimeField(
        null=True, blank=True, help_text="Not before this does it end by itself, if nothing is heard of it."
    )

    class Meta:
        constraints = [
            # An open, unacknowledged incident that nobody will look at again is an alarm, not a state.
            models.CheckConstraint(
                condition=~Q(status="triggered") | Q(wake_at__isnull=False) | ~Q(parked_reason=""),
                name="triggered_incident_wakes_or_is_parked",
            ),
            # What is kept from paging has an end.
            models.CheckConstraint(
                condition=~Q(parked_reason__in=sorted(one.value for one in QUIETS))
                | Q(quiet_until__isnull=False),
                name="quiet_incident_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(status="resolved") | Q(wake_at__isnull=True, resolved_at__isnull=False),
                name="resolved_incident_sleeps",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | (Q(status="resolved") & ~Q(merged_into=F("id"))),
                name="merged_incident_is_over",
            ),
            # Of two alerts of a group that come at once, one opens the incident and the other finds it.
            models.UniqueConstraint(
                fields=["service", "grouped_as"],
                condition=~Q(status="resolved") & ~Q(grouped_as=""),
                name="one_open_incident_of_a_group",
            ),
        ]
        indexes = [
            # The engine: what is due now. Resolved incidents are not in it.
            models.Index(fields=["wake_at", "id"], condition=Q(wake_at__isnull=False), name="incident_due"),
            # The engine: of one turn, what is due now, oldest first.
            models.Index(
                fields=["turn", "wake_at", "id"], condition=Q(wake_at__isnull=False), name="incident_turn"
            ),
            # What ends by itself: what may be over now.
            models.Index(
                fields=["resolve_at", "id"],
                condition=Q(resolve_at__isnull=False) & ~Q(status="resolved"),
                name="incident_unheard",
            ),
            # Pages for people: what is open.
            models.Index(fields=["-triggered_at"], condition=~Q(status="resolved"), name="incident_open"),
            models.Index(fields=["service", "-triggered_at"], name="incident_of_service"),
            # An incident's page: which were merged into it.
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="incident_merged"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def wanted(self) -> int:
        """So many people have to acknowledge."""
        return int(self.policy.get("acknowledgements", 1))

    @property
    def progress(self) -> str:
        """“1 of 2: one more is needed”, once somebody has acknowledged and that is not enough."""
        given = len(self.answered or ())
        some = self.status == self.Status.TRIGGERED and self.wanted > 1 and given
        return answers(given, self.wanted) if some else ""

    @property
    def also(self) -> int:
        """How many are on it beside `acknowledged_by`, where that took more than one."""
        taken = self.status == self.Status.ACKNOWLEDGED and self.wanted > 1 and self.acknowledged_by_id
        return len(set(self.answered or ()) - {self.acknowledged_by_id}) if taken else 0

    def is_answered_by(self, user: User) -> bool:
        """Whether they are one of several who have acknowledged, or have to."""
        open_ = self.status != self.Status.RESOLVED
        return open_ and self.wanted > 1 and user.pk in (self.answered or ())

    @property
    def flapping(self) -> str:
        """“flapping: 4th time in 24 h”; empty where it is not."""
        return flapping.in_words(self.episodes)


class Alert(models.Model):
    """One deduplicated signal of a source. More events with its key are counted on it."""

    class Status(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="alerts")
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    dedup_key = models.CharField(max_length=255)
    group_key = models.CharField(max_length=512, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    severity = models.CharField(max_length=5)
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=255, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    links = models.JSONField(default=list, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    first_event_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    event_count = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "dedup_key"], condition=Q(status="open"), name="one_open_alert_per_key"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("first_event_at")),
                name="alert_ends_after_it_begins",
            ),
        ]
        indexes = [
            # Whether a key recurred, and an Alertmanager group that resolved whole.
            models.Index(fields=["service", "dedup_key", "-resolved_at"], name="alert_history"),
            models.Index(
                fields=["service", "group_key"], condition=Q(status="open"), name="alert_open_in_group"
            ),
        ]

    def __str__(self) -> str:
        return self.summary


class ChangeEvent(models.Model):
    """A change somebody announced (PagerDuty change events): shown beside incidents, pages nobody."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=255, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["service", "-at"], name="change_of_service")]

    def __str__(self) -> str:
        return self.summary


class Heartbeat(models.Model):
    """A source that must call in: silence longer than `every` and `grace` is an alert of the service.

    What the core reckons with (`escalation.core.heartbeat.Beat`) lies in columns. `due_at` is when its
    silence is an alert: None before its first call, and while it is one already (`silent_since`). One row for
    each name of a service, for ever: a retired one is brought back. Looked up by digest, as a routing key is.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="heartbeats")
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=64, default=new_routing_key)
    digest = models.CharField(max_length=64, editable=False)
    every = models.DurationField(help_text="It calls at least so often, such as 24h.")
    grace = models.DurationField(default=USUAL_GRACE, help_text="It may be so late.")
    severity = models.CharField(max_length=5, default=UNKNOWN_SEVERITY)
    created_at = models.DateTimeField()
    last_call_at = models.DateTimeField(null=True, blank=True, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    silent_since = models.DateTimeField(null=True, blank=True, editable=False)
    excused_at = models.DateTimeField(null=True, blank=True, editable=False)
    muted_until = models.DateTimeField(null=True, blank=True, editable=False)
    muted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="one_heartbeat_per_name"),
            models.UniqueConstraint(
                fields=["digest"], condition=Q(retired_at__isnull=True), name="one_heartbeat_per_key"
            ),
            models.CheckConstraint(
                condition=Q(every__gt=timedelta(0), grace__gte=timedelta(0)), name="heartbeat_takes_time"
            ),
            # One that has called and that nobody will miss again is an alarm, not a state.
            models.CheckConstraint(
                condition=Q(last_call_at__isnull=True, due_at__isnull=True, silent_since__isnull=True)
                | Q(last_call_at__isnull=False, due_at__isnull=False, silent_since__isnull=True)
                | Q(last_call_at__isnull=False, due_at__isnull=True, silent_since__isnull=False)
                | Q(retired_at__isnull=False, due_at__isnull=True),
                name="called_heartbeat_is_due_or_silent",
            ),
        ]
        indexes = [
            # The keeper: whose silence is an alert now.
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="heartbeat_due")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.service}"

    @property
    def dedup_key(self) -> str:
        """Of the alert that its silence is."""
        return f"heartbeat:{self.pk}"


class AlertRule(models.Model):
    """Alerts of a service that page nobody before `ends_at`, and who answers for that. A suppress rule keeps
    them quiet; a trial also writes up the pages they would have made, for the author of a new alert.

    `match` is {label: value}, with * for anything; `severities` are those it is about. `ended_at` is when it
    was over, early or not, as far as anybody has seen to that yet. Its owner has heard that it ends soon
    (`warned_at`) and that it is over (`told_at`); a trial's hears of its pages at `tell_at`.
    """

    class Kind(models.TextChoices):
        SUPPRESS = "suppress", "suppress rule"
        TRIAL = "trial", "trial"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="alert_rules")
    kind = models.CharField(max_length=8, choices=Kind)
    match = models.JSONField()
    match_digest = models.CharField(max_length=64, editable=False)
    severities = models.JSONField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="alert_rules")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    tell_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("created_at")), name="alert_rule_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(ended_at__gte=F("created_at"), ended_at__lte=F("ends_at")),
                name="alert_rule_is_over_by_its_end",
            ),
            models.UniqueConstraint(
                fields=["service", "kind", "match_digest"],
                condition=Q(ended_at__isnull=True),
                name="one_alert_rule_per_match",
            ),
        ]
        indexes = [
            # Intake: what is in force for a service. The keeper: whose owner is to be told.
            models.Index(
                fields=["service", "ends_at"], condition=Q(ended_at__isnull=True), name="alert_rule_in_force"
            ),
            models.Index(fields=["ends_at"], condition=Q(told_at__isnull=True), name="alert_rule_to_tell"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @staticmethod
    def digest_of(match: str) -> str:
        """Of a match in its canonical spelling."""
        return hashlib.sha256(match.encode("utf-8", "surrogatepass")).hexdigest()


class RuleMatch(models.Model):
    """An alert that a rule kept quiet when it came, or found open. `reckoned_at`: of a trial's, that its
    would-be pages are written up.
    """

    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="matches")
    alert = models.ForeignKey("Alert", on_delete=models.PROTECT, related_name="rule_matches")
    at = models.DateTimeField()
    last_at = models.DateTimeField()
    reckoned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "rule matches"
        constraints = [
            models.UniqueConstraint(fields=["rule", "alert"], name="an_alert_matches_a_rule_once"),
        ]
        indexes = [
            # The keeper: what is still to be written up.
            models.Index(fields=["id"], condition=Q(reckoned_at__isnull=True), name="rule_match_to_reckon")
        ]

    def __str__(self) -> str:
        return f"{self.alert} by {self.rule}"


class TrialPage(models.Model):
    """The first page that a trial's incident would have made to one person, at `at`, if nobody had answered.
    `schedule` and `role` are empty where a step names the person or a team.
    """

    match = models.ForeignKey(RuleMatch, on_delete=models.CASCADE, related_name="pages")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    asleep = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["match", "user"], name="one_trial_page_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.at}"


class HotLine(models.Model):
    """A number of ours at the phone company: who calls it reaches the on-call of a service."""

    number = models.CharField(max_length=16, help_text="E.164, such as +14155550100.")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="hot_lines")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=Q(retired_at__isnull=True), name="one_hot_line_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.service}"


class HotCall(models.Model):
    """One call to a hot line. Somebody takes it, or it becomes an incident; `caller` is empty if withheld."""

    line = models.ForeignKey(HotLine, on_delete=models.PROTECT, related_name="calls")
    sid = models.CharField(max_length=64, unique=True)
    caller = models.CharField(max_length=16, blank=True)
    began_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    recording = models.CharField(max_length=1000, blank=True)
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="hot_calls"
    )

    class Meta:
        verbose_name = "call"
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False, incident__isnull=True),
                name="a_hot_call_is_taken_or_an_incident",
            )
        ]

    def __str__(self) -> str:
        return f"call from {self.caller or 'a withheld number'} to {self.line}"


class Ring(models.Model):
    """One person that a call was put to, and what came of it; no outcome while it rings."""

    call = models.ForeignKey(HotCall, on_delete=models.PROTECT, related_name="rings")
    position = models.PositiveSmallIntegerField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    because = models.CharField(max_length=200)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "position"], name="one_ring_per_position"),
            models.UniqueConstraint(fields=["call", "user"], name="a_person_is_rung_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.because}): {self.outcome or 'ringing'}"
