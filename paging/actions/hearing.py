"""What phones say to us: whose phone it is, that it is heard once, and when we stop answering."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from paging.actions.again import again
from paging.actions.pages import reachable
from paging.actions.refusals import OPTED_OUT
from paging.models import ContactMethod, Inbound
from people.models import User

MOST_WRONG = 5
"""Wrong replies of one phone in a row that are answered; after as many wrong numbers no number is taken."""
LOCKED = timedelta(minutes=15)
PHONES = (ContactMethod.Kind.SMS, ContactMethod.Kind.VOICE)
Outcome = Inbound.Outcome


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


def hear(
    *,
    provider: str,
    provider_id: str,
    phone: str,
    said: str,
    act: Callable[[Sequence[str]], Answer],
    now: datetime,
) -> str:
    """The sentence to answer with. `act` gets the wrong replies that this phone has sent in a row so far, and
    runs in the transaction that writes down what was heard: a message that is posted again, even at the
    same moment, gets its first answer and does nothing.
    """

    def heard() -> str:
        return _hear(provider=provider, provider_id=provider_id, phone=phone, said=said, act=act, now=now)

    return again(heard)


@transaction.atomic
def _hear(
    *,
    provider: str,
    provider_id: str,
    phone: str,
    said: str,
    act: Callable[[Sequence[str]], Answer],
    now: datetime,
) -> str:
    row, new = Inbound.objects.get_or_create(
        provider=provider,
        provider_id=provider_id[:128],
        defaults={"at": now, "phone": phone, "said": said[:160], "outcome": Outcome.DONE},
    )
    if not new:
        return row.answer
    wrong = _wrong_in_a_row(phone, now=now, besides=row.pk)
    answer = act(wrong)
    silent = answer.outcome is Outcome.WRONG and len(wrong) >= MOST_WRONG
    row.outcome, row.user, row.answer = answer.outcome, answer.user, "" if silent else answer.text[:320]
    row.save(update_fields=["outcome", "user", "answer"])
    return row.answer


def _wrong_in_a_row(phone: str, *, now: datetime, besides: int) -> list[str]:
    """Since the last reply that was understood, or a quarter of an hour without any."""
    heard = Inbound.objects.filter(phone=phone, at__gt=now - LOCKED).exclude(pk=besides)
    right = heard.exclude(outcome=Outcome.WRONG).order_by("-pk").values_list("pk", flat=True).first()
    return list(heard.filter(pk__gt=right or 0).order_by("pk").values_list("said", flat=True))
