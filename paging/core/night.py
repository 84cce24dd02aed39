"""Night, when nobody is told what can wait: 22:00 to 08:00 on the person's own clock."""

from datetime import UTC, datetime, time, timedelta, tzinfo

BEGINS, ENDS = time(22), time(8)


def after_night(now: datetime, zone: tzinfo) -> datetime:
    """`now` by day; by night its end, in UTC."""
    local = now.astimezone(zone)
    if ENDS <= local.time() < BEGINS:
        return now
    day = local.date() + timedelta(days=local.time() >= BEGINS)
    return datetime.combine(day, ENDS, zone).astimezone(UTC)
