"""What came by each routing key: how much, and the last that was refused."""

from django.db import models

from escalation.models.services import RoutingKey


class KeyMinute(models.Model):
    """What came by one key within one minute, which begins at `minute` (UTC).

    Several rows hold one minute, a `shard` each, so that those who write at once need not wait for each
    other: a sum over them is what came. `events` were taken in; `refused` posts were not. Kept for two days.
    """

    key = models.ForeignKey(RoutingKey, on_delete=models.CASCADE, related_name="minutes", db_index=False)
    minute = models.DateTimeField()
    shard = models.PositiveSmallIntegerField()
    events = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveIntegerField(default=0, db_default=0)
    last_event_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "minute", "shard"], name="one_row_per_key_minute_shard")
        ]
        indexes = [models.Index(fields=["minute"], name="key_minute_to_forget")]

    def __str__(self) -> str:
        return f"{self.key} at {self.minute:%H:%M}"


class LastPost(models.Model):
    """The last post of a key that was refused, and the last that a mapping has read: what whoever sets up a
    sender has to see. `body` is text, cut where it is long, without the key; `why` is the sentence it heard.
    """

    class Outcome(models.TextChoices):
        TAKEN = "taken"
        REFUSED = "refused"

    key = models.ForeignKey(RoutingKey, on_delete=models.CASCADE, related_name="last_posts")
    outcome = models.CharField(max_length=7, choices=Outcome)
    at = models.DateTimeField()
    source = models.CharField(max_length=40)
    status = models.PositiveSmallIntegerField()
    why = models.TextField(blank=True)
    body = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "outcome"], name="one_last_post_per_outcome")]

    def __str__(self) -> str:
        return f"{self.outcome} of {self.key}"
