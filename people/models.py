"""People and teams: who there is. Nobody is ever deleted; a person who leaves is deactivated."""

import hashlib
import secrets
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from people.zones import zone_names


def validate_time_zone(value: str) -> None:
    """Refuse what is not a name of the IANA time zone database."""
    if value not in zone_names():
        raise ValidationError(f"“{value}” is not a time zone; write a name such as Europe/Berlin.")


class User(AbstractUser):
    """One person. `username` is the name used in documents, commands and the API."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField("full name", max_length=150, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    holidays = models.CharField(
        "holiday calendar", max_length=16, blank=True, help_text="Country and part, such as US-NY or DE-BE."
    )
    outcome_notices = models.BooleanField(
        "told how incidents end",
        default=True,
        db_default=True,
        help_text="A notice when another acknowledges or resolves what one was paged about.",
    )

    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return self.username


class PastPlace(models.Model):
    """Where a person's clock hung, and whose holidays they kept, before they moved. Where they are now stands
    with the person; pay asks where they were (`people.history`).
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="past_places")
    until = models.DateTimeField()
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    holidays = models.CharField("holiday calendar", max_length=16, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "until"], name="one_move_at_an_instant")]

    def __str__(self) -> str:
        return f"{self.user} in {self.time_zone} until {self.until:%Y-%m-%d %H:%M}"


class Team(models.Model):
    """People who carry the pager together. `extras` keeps what earlier versions did not act on yet."""

    name = models.CharField(max_length=100, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    pages_per_shift_budget = models.PositiveIntegerField(default=2)
    rest_hours = models.PositiveSmallIntegerField(
        "rest after a call-out by night",
        default=11,
        db_default=11,
        validators=[MaxValueValidator(24)],
        help_text="Hours from the end of the last one before work may begin; 0: no rest is kept.",
    )
    swaps_need_approval = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A manager has to approve before somebody carries another's shift.",
    )
    members = models.ManyToManyField(User, through="Membership", related_name="teams")
    extras = models.JSONField(default=dict, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's part in a team. Managers edit the team's things and are paged when all else failed.

    `since` is when they joined; empty where that was before it was written down.
    """

    class Role(models.TextChoices):
        RESPONDER = "responder"
        MANAGER = "manager"
        OBSERVER = "observer"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role, default=Role.RESPONDER)
    since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"


class PastMembership(models.Model):
    """A membership that ended at `until`: who is paid by their team is paid for the time they were in it."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="past_memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="past_memberships")
    role = models.CharField(max_length=16, choices=Membership.Role)
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "until"], name="past_membership_of")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} until {self.until:%Y-%m-%d %H:%M}"


class ApiToken(models.Model):
    """A bearer token of the REST API. Only its SHA-256 is kept: a stolen database opens no door."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user}"

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()
