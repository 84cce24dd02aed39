"""Write three months down, in a few statements."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from escalation.models import Alert, ChangeEvent, Incident, Service
from paging.models import Attempt, Notification, Page
from people.ledger.record import record_past
from watchbill.provisioning.demo_history import signals
from watchbill.provisioning.demo_history.happening import Happening
from watchbill.provisioning.demo_history.living import Life
from watchbill.provisioning.demo_history.story import deployed_at, story
from watchbill.provisioning.demo_history.world import duties, world

AT_ONCE = 1000
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
EARLIER = ("Deploy: gateway 40", "Deploy: gateway 39", "Deploy: gateway 38")


def live_through_three_months(now: datetime) -> None:
    """Until a day and some hours before `now`. All of it is over, and nothing of it waits to be sent."""
    tell(story(duties(now), now=now), now=now)
    _deploys(now)


@transaction.atomic
def tell(happenings: Sequence[Happening], *, now: datetime) -> list[Incident]:
    """As if each had come in, been paged about and been ended. In order of time."""
    around = world(now)
    lives = [Life(one, around) for one in happenings]
    incidents = Incident.objects.bulk_create([one.row for one in lives], batch_size=AT_ONCE)
    Alert.objects.bulk_create([one.alert for one in lives], batch_size=AT_ONCE)
    asked = [each for one in lives for each in one.numbered()]
    Page.objects.bulk_create([one.page for one in asked], batch_size=AT_ONCE)
    messages = [message for one in asked for message in one.messages]
    Notification.objects.bulk_create(messages, batch_size=AT_ONCE)
    Attempt.objects.bulk_create(
        sorted((attempt for one in asked for attempt in one.attempts()), key=lambda attempt: attempt.at),
        batch_size=AT_ONCE,
    )
    said = sorted((one for life in lives for one in life.said), key=lambda one: one[0])
    lines = ((at, line()) for at, line in said)
    record_past((at, line) for at, line in lines if line is not None)
    return incidents


def _deploys(now: datetime) -> None:
    """The one after which it is quiet, and others, after which nothing changed."""
    service, last = Service.objects.get(name=signals.RESTARTS.service), deployed_at(now)
    for number, summary in enumerate((signals.DEPLOY, *EARLIER)):
        at = last - number * 15 * DAY
        ChangeEvent.objects.create(
            service=service, at=at, received_at=at + 3 * SECOND, summary=summary, source="deploys"
        )
