"""When anything last looked for due rows: a dead engine is known of before the first alert suffers."""

from datetime import datetime

from watchbill.watch.models import Look
from watchbill.watch.overdue import TOO_LATE

ONLY = 1


def looked(*, now: datetime) -> None:
    """Called by what decides and sends, while its looks get answers; `now` by the database's clock."""
    if not Look.objects.filter(pk=ONLY, at__lt=now).update(at=now):
        Look.objects.get_or_create(pk=ONLY, defaults={"at": now})


def silent_since(*, now: datetime) -> datetime | None:
    """The last look, where it is more than a minute ago. None where it is not, or there was none yet."""
    last = Look.objects.filter(pk=ONLY, at__lt=now - TOO_LATE).first()
    return None if last is None else last.at
