"""What people say to us: whose phone it is, that it is heard once, and when we stop answering."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from paging.actions.again import again
from paging.actions.pages import reachable
from paging.actions.refusals import OPTED_OUT
from paging.core.address import masked
from paging.loading import USABLE
from paging.models import ContactMethod, Inbound
from people.models import User

MOST_WRONG = 5
"""Wrong replies of one sender in a row that are answered; after as many wrong numbers no number is taken."""
MOST_PASSED_OVER = 50
"""Messages of strangers and of programs that are kept, of all together."""

LOCKED = timedelta(minutes=15)
PHONES = (ContactMethod.Kind.SMS, ContactMethod.Kind.VOICE)
Outcome = Inbound.Outcome
PASSED_OVER = (Outcome.MACHINE, Outcome.STRANGER)


@dataclass(frozen=True)
class Answer:
    """What became of a message, whose it was, and the sentence that goes back; none where it is empty."""

    outcome: Inbound.Outcome
    text: str = ""
    user: User | None = None


def people_at(phone: str) -> list[User]:
    """Whose number it is, for us to listen to: a verified one that is used, or was until its owner replied
    STOP, of somebody who can still be paged.
    """
    heard = Q(disabled_reason="") | Q(disabled_reason=OPTED_OUT)
    owns = ContactMethod.objects.filter(
        heard, user_id=OuterRef("pk"), kind__in=PHONES, address=phone, verified_at__isnull=False
    )
    return [user for user in User.objects.filter(Exists(owns)).order_by("pk") if reachable(user)]


def mailboxes_of(user: User) -> QuerySet[ContactMethod]:
    """The addresses a mail of this person may come from: verified ones that they are paged at."""
    return ContactMethod.objects.filter(USABLE, user=user, kind=ContactMethod.Kind.EMAIL).order_by("pk")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a provider brought us: `provider_id` is its name for it, `sender` the number or address it came
    from, `said` what counts of it, and `understood` what that was taken for; empty: for nothing.
    """

    via: ContactMethod.Kind
    provider: str
    provider_id: str
    sender: str
    said: str
    understood: str = ""

    def row(self) -> dict[str, str]:
        return {
            "via": self.via,
            "sender": self.sender[:254],
            "said": self.said[:160],
            "understood": self.understood,
        }


def hear(heard: Heard, *, act: Callable[[Sequence[str]], Answer], now: datetime) -> str:
    """The sentence to answer with. `act` gets the wrong replies that this sender has sent in a row so far,
    and runs in the transaction that writes down what was heard: a message that is posted again, even at
    the same moment, gets its first answer and does nothing.
    """
    return again(lambda: _hear(heard, act, now=now))


@transaction.atomic
def _hear(heard: Heard, act: Callable[[Sequence[str]], Answer], *, now: datetime) -> str:
    row, new = Inbound.objects.get_or_create(
        provider=heard.provider,
        provider_id=heard.provider_id[:128],
        defaults={**heard.row(), "at": now, "outcome": Outcome.DONE},
    )
    if not new:
        return row.answer
    wrong = _wrong_in_a_row(heard, now=now, besides=row.pk)
    answer = act(wrong)
    silent = answer.outcome is Outcome.WRONG and len(wrong) >= MOST_WRONG
    row.outcome, row.user, row.answer = answer.outcome, answer.user, "" if silent else answer.text[:320]
    row.save(update_fields=["outcome", "user", "answer"])
    return row.answer


def note(heard: Heard, answer: Answer, *, now: datetime) -> None:
    """Write down what was heard and answered elsewhere, such as a key of a call."""
    Inbound.objects.create(
        **heard.row(),
        provider=heard.provider,
        provider_id=heard.provider_id[:128],
        at=now,
        outcome=answer.outcome,
        user=answer.user,
        answer=answer.text[:320],
    )


def pass_over(heard: Heard, outcome: Inbound.Outcome, *, user: User | None = None, now: datetime) -> None:
    """Write down what is neither done nor answered; of a stranger without their number. Of many in LOCKED
    the first ones only: nobody fills the database by writing to us.
    """
    sender = (heard.sender if user else masked(heard.sender))[:254]
    lately = Inbound.objects.filter(outcome__in=PASSED_OVER, at__gt=now - LOCKED)
    if lately.filter(sender=sender).count() < MOST_WRONG and lately.count() < MOST_PASSED_OVER:
        Inbound.objects.get_or_create(
            provider=heard.provider,
            provider_id=heard.provider_id[:128],
            defaults={**heard.row(), "sender": sender, "at": now, "outcome": outcome, "user": user},
        )


def _wrong_in_a_row(heard: Heard, *, now: datetime, besides: int) -> list[str]:
    """Since the last reply that was understood, or a quarter of an hour without any."""
    sent = Inbound.objects.filter(sender=heard.sender, via=heard.via, at__gt=now - LOCKED).exclude(pk=besides)
    right = sent.filter(outcome__in=[Outcome.DONE, Outcome.CARRIER]).order_by("-pk")
    last = right.values_list("pk", flat=True).first() or 0
    wrong = sent.filter(outcome=Outcome.WRONG, pk__gt=last).order_by("pk")
    return list(wrong.values_list("said", flat=True))
