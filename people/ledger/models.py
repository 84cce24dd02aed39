"""The append-only record of who did what, when and why. An incident's timeline is a query on it."""

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn

from django.db import models

from people.models import User


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete what was written in the ledger."""


class EntryQuerySet(models.QuerySet["Entry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError("The ledger is append-only: write a new entry that corrects the old one.")

    def delete(self) -> NoReturn:
        raise AppendOnlyError("The ledger is append-only: nothing is deleted from it.")

    def bulk_update(self, objs: Any, fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        raise AppendOnlyError("The ledger is append-only: write a new entry that corrects the old one.")


class Entry(models.Model):
    """One thing that happened to one subject.

    `verb` is `subject.action` from `people.ledger.verbs`; `what` is the sentence people read;
    `actor_name` is kept beside `actor`, because a source or the engine is an actor without a user.
    """

    at = models.DateTimeField()
    verb = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)
    what = models.TextField()
    why = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)

    objects: ClassVar[models.Manager["Entry"]] = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "ledger"
        # The timeline of one subject, oldest first.
        indexes = [models.Index(fields=["subject_type", "subject_id", "id"], name="ledger_timeline")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name}: {self.what}"
