"""When a weekly report is due, which week it is about, and when a mail may come, each by somebody's clock."""

from datetime import date, datetime, time, timedelta, tzinfo

from oncall.core.walltime import first_instant, wall_time

A_DAY = timedelta(days=1)
MIDNIGHT, MORNING = time(0), time(9)
NIGHT_FROM, NIGHT_UNTIL = time(22), time(8)


def latest(weekday: int, at: time, zone: tzinfo, *, now: datetime) -> datetime:
    """The last one until `now`, this moment included. `weekday` 0 is Monday."""
    today = wall_time(now, zone).date()
    days = (today - n * A_DAY for n in range(8))
    return next(due for day in days if day.weekday() == weekday and (due := _at(day, at, zone)) <= now)


def following(weekday: int, at: time, zone: tzinfo, *, now: datetime) -> datetime:
    """The first one after `now`."""
    today = wall_time(now, zone).date()
    days = (today + n * A_DAY for n in range(9))
    return next(due for day in days if day.weekday() == weekday and (due := _at(day, at, zone)) > now)


def week_before(made: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The seven days up to the midnight that began the day of `made`, however many hours they had."""
    day = wall_time(made, zone).date()
    return _at(day - 7 * A_DAY, MIDNIGHT, zone), _at(day, MIDNIGHT, zone)


def not_by_night(at: datetime, zone: tzinfo) -> datetime:
    """`at`, or where that is between 22:00 and 8:00, the 9:00 after it."""
    wall = wall_time(at, zone)
    if wall.time() >= NIGHT_FROM:
        return _at(wall.date() + A_DAY, MORNING, zone)
    return _at(wall.date(), MORNING, zone) if wall.time() < NIGHT_UNTIL else at


def _at(day: date, at: time, zone: tzinfo) -> datetime:
    return first_instant(datetime.combine(day, at), zone)
