"""An address at which nobody is ever reached, or whose owner wants no messages: used no more, and said so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from paging.actions.contacts import disable_contact_method
from paging.actions.notices import NoticeRequest, tell
from paging.core.address import masked
from paging.core.delivery import Fault
from paging.core.notice import Notice
from paging.models import ContactMethod
from people.ledger.record import ENGINE
from people.models import Membership, User

OPTED_OUT = "opted out: its owner replied STOP"
"""The `disabled_reason` that a START from the same number lifts; no other one is lifted by it."""

HELP = {
    Fault.ADDRESS: "Enter an address that works, or correct this one.",
    Fault.OPTED_OUT: "To be paged there again, send START from that phone to the number of our messages.",
}
DISABLING = frozenset(HELP)


def disable_refused(*, method: ContactMethod, fault: Fault, why: str, now: datetime) -> None:
    """Page nobody at this address by this kind from now on, whoever has entered it, and tell them and the
    managers of their teams in another way. In the caller's transaction. Nothing happens where it is
    disabled already. `fault` is one of DISABLING; `why` is the provider's sentence.
    """
    reason = OPTED_OUT if fault is Fault.OPTED_OUT else why
    same = ContactMethod.objects.filter(kind=method.kind, address=method.address, disabled_reason="")
    for one in same.select_related("user").order_by("pk"):
        disable_contact_method(method=one, reason=reason, by=ENGINE, now=now)
        # By us: of two that hear it at once, one tells. Who has not verified it yet was not paged by it.
        if one.disabled_reason and one.verified_at:
            _tell(one, fault=fault, why=why, now=now)
    method.refresh_from_db(fields=["disabled_reason"])


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
