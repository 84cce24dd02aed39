"""A trial's would-be pages, by the machine that would have made them; a little later, so that intake waits
for none of it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from django.db import Error, transaction

from escalation.core.plan import PlannedMessage
from escalation.core.policy import Policy, Target
from escalation.models import Incident, RuleMatch, TrialPage
from escalation.planning import first_page_of
from oncall.selectors import on_call
from paging.core.night import after_night
from people.models import User

log = structlog.get_logger(__name__)

Role = tuple[int, str]


def reckon_due(*, clock: Callable[[], datetime], limit: int) -> int:
    """Write up the pages of alerts that trials kept quiet, oldest first; how many alerts were looked at.

    Of two workers at the same one, one writes. One that cannot be reckoned is not in the forecast, which the
    log says, and holds up no other.
    """
    due = RuleMatch.objects.filter(reckoned_at=None).select_related("alert__incident__service__team")
    rows = list(due.order_by("pk")[:limit])
    for row in rows:
        pages = _would_be(row)
        with transaction.atomic():
            mine = RuleMatch.objects.select_for_update(skip_locked=True, of=("self",))
            held = mine.filter(pk=row.pk, reckoned_at=None).first()
            if held is not None:
                TrialPage.objects.bulk_create(pages, ignore_conflicts=True)
                held.reckoned_at = clock()
                held.save(update_fields=["reckoned_at"])
    return len(rows)


def _would_be(row: RuleMatch) -> list[TrialPage]:
    incident = row.alert.incident
    if incident is None:
        return []
    try:
        return list(_pages(row, incident))
    except Error:
        raise
    except Exception:  # such as a policy that a later version has frozen
        log.exception("trial_not_reckoned", match=row.pk, effect="its pages are not in the forecast")
        return []


def _pages(row: RuleMatch, incident: Incident) -> Iterator[TrialPage]:
    """To each person of the first moment, at their first message. What comes later interrupts no one anew."""
    found = first_page_of(incident, severity=row.alert.severity, at=row.at)
    if found is None:
        return
    moment, messages = found
    roles = _roles(Policy.from_json(incident.policy), messages, at=moment)
    firsts = {message.user: message for message in reversed(messages)}
    people = User.objects.in_bulk(list(firsts))
    for user, message in firsts.items():
        schedule, role = roles.get(user, (None, ""))
        zone = ZoneInfo(people[user].time_zone)
        yield TrialPage(
            match=row,
            user_id=user,
            schedule_id=schedule,
            role=role,
            at=message.at,
            asleep=after_night(message.at, zone) > message.at,
        )


def _roles(policy: Policy, messages: Sequence[PlannedMessage], *, at: datetime) -> dict[int, Role]:
    """By person, the role of a schedule for which they would have been paged."""
    numbers = {message.step for message in messages}
    targets: list[Target] = [
        *(target for step in policy.steps if step.number in numbers for target in step.targets),
        *(target for step in policy.outside if step.number in numbers for target in step.targets),
    ]
    wanted = {(one.schedule, one.role or "primary") for one in targets if one.schedule is not None}
    on = on_call({schedule for schedule, _ in wanted}, at=at)
    return {user: key for key in sorted(wanted, reverse=True) for user in on.get(key, ())}
