"""Who may change who is on call."""

from datetime import datetime

from oncall.api.lookups import versions_at
from oncall.models import Participation, Schedule
from people.models import User
from people.permissions import may_edit_team


def may_override(user: User, schedule: Schedule, *, now: datetime) -> bool:
    """Managers of the schedule's team, superusers, and those who stand in it now or later."""
    if may_edit_team(user, schedule.team):
        return True
    current = versions_at([schedule], at=now).get(schedule.pk)
    return (
        current is not None
        and Participation.objects.filter(
            user=user, version__schedule=schedule, version__effective_from__gte=current.effective_from
        ).exists()
    )
