"""An address at which nobody is reached, or whose owner wants no messages (STOP, until they send START): used
no more, and said so.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from paging.actions.contacts import allow_contact_method, disable_contact_method
from paging.actions.notices import NoticeRequest, tell
from paging.core import readiness
from paging.core.address import masked
from paging.core.delivery import Fault
from paging.core.notice import Notice
from paging.models import ContactMethod
from people.ledger.record import ENGINE, Actor
from people.models import Membership, User

SMS = ContactMethod.Kind.SMS
OPTED_OUT = f"{readiness.OPTED_OUT}: its owner replied STOP"
"""The `disabled_reason` that a START from the same number lifts; no other one is lifted by it."""

HELP = {
    Fault.ADDRESS: "Enter an address that works, or correct this one.",
    Fault.OPTED_OUT: "To be paged there again, send START from that phone to the number of our messages.",
}
DISABLING = frozenset(HELP)


def disable_refused(*, method: ContactMethod, fault: Fault, why: str, now: datetime) -> None:
    """A provider says so: page nobody at this address by this kind from now on, whoever has entered it, and
    tell them and the managers of their teams in another way. In the caller's transaction. Nothing happens
    where it is disabled already. `fault` is one of DISABLING; `why` is the provider's sentence.
    """
    _disable(method.kind, method.address, fault=fault, why=why, by=ENGINE, now=now)
    method.refresh_from_db(fields=["disabled_reason"])


@transaction.atomic
def opt_out(*, phone: str, by: Actor, now: datetime) -> None:
    """The owner says so: no SMS to this number any more, as in `disable_refused`; calls go on."""
    _disable(SMS, phone, fault=Fault.OPTED_OUT, why="STOP was sent from this phone", by=by, now=now)


@transaction.atomic
def opt_in(*, phone: str, by: Actor, now: datetime) -> bool:
    """SMS to this number again, where STOP was what ended it. Returns whether it was.

    Who has entered the number and not verified it is not paged by it for that.
    """
    ended = ContactMethod.objects.filter(kind=SMS, address=phone, disabled_reason=OPTED_OUT)
    found = list(ended.select_related("user").order_by("pk"))
    for method in found:
        allow_contact_method(method=method, by=by, now=now)
    return bool(found)


def _disable(kind: str, address: str, *, fault: Fault, why: str, by: Actor, now: datetime) -> None:
    reason = OPTED_OUT if fault is Fault.OPTED_OUT else why
    same = ContactMethod.objects.filter(kind=kind, address=address, disabled_reason="")
    for one in same.select_related("user").order_by("pk"):
        disable_contact_method(method=one, reason=reason, by=by, now=now)
        # By us: of two that hear it at once, one tells. Who has not verified it yet was not paged by it.
        if one.disabled_reason and one.verified_at:
            _tell(one, fault=fault, why=why, now=now)


def _tell(method: ContactMethod, *, fault: Fault, why: str, now: datetime) -> None:
    owner, kind = method.user, method.get_kind_display()
    notice = Notice(
        title=f"{owner} is no longer paged by {kind} at {masked(method.address)}",
        lines=(f"{why[:1].upper()}{why[1:]}.".replace("..", "."), HELP[fault]),
    )
    occasion = f"refused.{method.pk}.{now:%Y%m%dT%H%M%S.%f}"
    tell(
        requests=[
            NoticeRequest(user_id=user, cause=f"user:{owner.pk}", run=occasion, notice=told)
            for user, told in [
                (owner.pk, replace(notice, path="/reach", label="How you are reached")),
                *((manager, notice) for manager in _managers(owner)),
            ]
        ],
        now=now,
    )


def _managers(owner: User) -> Sequence[int]:
    """The other active managers of the owner's teams."""
    teams = Membership.objects.filter(user=owner).values("team")
    manages = Q(memberships__team__in=teams, memberships__role=Membership.Role.MANAGER)
    found = User.objects.filter(manages, is_active=True).exclude(pk=owner.pk).distinct()
    return list(found.order_by("pk").values_list("pk", flat=True))
