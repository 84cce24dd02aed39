"""Those who were paged hear what became of it: that another is on it, and that it is over. Once each. So do
webhooks that were told of it.
"""

from datetime import datetime

from django.utils.text import capfirst

from escalation.core.cause import cause_of
from escalation.core.incident import Status, Urgency
from escalation.models import Incident
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from paging.selectors import told_of
from people.ledger.record import Actor


def tell_paged(row: Incident, *, did: str, by: Actor, now: datetime) -> None:
    """In the transaction that decides it. `did`: “acknowledged”, “snoozed” or “resolved”. Never the one who
    did it; never again about the same status; by night only of what was worth waking somebody for.
    """
    cause = cause_of(row.pk)
    doer = by.user.pk if by.user else None
    notice = Notice(
        title=f"{capfirst(did)} by {by.user or by.name}: #{row.pk} {row.title}",
        lines=(_what_now(row),),
        path=f"/incidents/{row.pk}",
        label="See the incident",
        service=row.service.name,
        event=f"incident.{row.status}",
        about={
            "reference": f"#{row.pk}",
            "title": row.title,
            "severity": row.severity,
            "urgency": row.urgency,
            "by": str(by.user or by.name),
        },
    )
    tell(
        requests=[
            NoticeRequest(
                user_id=user_id,
                cause=cause,
                run=f"told.{row.status}",
                notice=notice,
                quiet=row.urgency == Urgency.LOW,
            )
            for user_id in told_of(cause)
            if user_id != doer
        ],
        now=now,
    )


def _what_now(row: Incident) -> str:
    if row.status == Status.RESOLVED:
        return f"{row.service.name}: it is over, and nobody is paged any more."
    return f"{row.service.name}: you were paged about it, and need not answer."
