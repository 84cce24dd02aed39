"""Those who were paged hear what became of it: that another is on it, and that it is over. Once each. So do
webhooks that were told of it.
"""

from datetime import datetime, timedelta

from django.utils.text import capfirst

from escalation import selectors
from escalation.core.cause import cause_of
from escalation.core.incident import Status, Urgency
from escalation.models import Incident
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from paging.selectors import told_of
from people.ledger.record import Actor

FORGOTTEN_AFTER = timedelta(days=7)


def tell_paged(row: Incident, *, did: str, by: Actor, now: datetime) -> None:
    """In the transaction that decides it. `did`: “acknowledged”, “snoozed”, “resolved” or “merged into #7”.
    Never the one who did it; never again about the same status; by night only of what was worth waking
    somebody for; and nobody about what nothing has been heard of for a week.
    """
    if _is_forgotten(row, now):
        return
    cause = cause_of(row.pk)
    doer = by.user.pk if by.user else None
    notice = notice_of(row, did=did, by=by)
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


def notice_of(row: Incident, *, did: str, by: Actor) -> Notice:
    """What those who were paged are told of it."""
    return Notice(
        title=f"{capfirst(did)} by {by.user or by.name}: #{row.pk} {row.title}",
        lines=(_what_now(row),),
        path=f"/incidents/{row.merged_into_id or row.pk}",
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


def _is_forgotten(row: Incident, now: datetime) -> bool:
    """Whether its last word before this moment lies so far back that its end is no news."""
    since = now - FORGOTTEN_AFTER
    if row.triggered_at > since:
        return False
    return not selectors.timeline(row.pk).filter(at__gt=since, at__lt=now).exists()


def _what_now(row: Incident) -> str:
    if row.merged_into_id:
        return f"{row.service.name}: it goes on as #{row.merged_into_id}, and you need not answer this one."
    if row.status == Status.RESOLVED:
        return f"{row.service.name}: it is over, and nobody is paged any more."
    return f"{row.service.name}: you were paged about it, and need not answer."
