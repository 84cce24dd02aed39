"""When what went wrong, over three months: an unfair shift, noisy nights and quiet weeks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from random import Random

from oncall.core.span import Span
from watchbill.provisioning.demo_history import signals
from watchbill.provisioning.demo_history.happening import Happening, Telling
from watchbill.provisioning.demo_history.signals import PLATFORM, SHOP, Signal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
APART = timedelta(minutes=20)
"""Between the end of one thing and the begin of the next: nobody has two of them at once, and no limit of
messages is reached.
"""
UNTIL = timedelta(hours=32)
"""So long before now it ends: what comes after is lived through (`demo_past`)."""
DEPLOYED = timedelta(days=21)
SEED = 7
MISSED = 0.08
SPEED = {"maya": 1.0, "tomas": 1.7, "nia": 0.8, "oscar": 1.4, "jun": 0.9, "ruth": 1.0}
LONG_SHIFT = timedelta(hours=12)
NIGHT, DAYTIME = (23, 6), (9, 20)  # hours of the person's own clock
WOKEN_IN_AMERICA = "America/New_York"


@dataclass(frozen=True)
class Duty:
    """Who was the first to be paged for a team, and their zone."""

    team: str
    who: str
    zone: tzinfo
    span: Span


def deployed_at(now: datetime) -> datetime:
    return (now - DEPLOYED).replace(hour=14, minute=12, second=0, microsecond=0)


def story(duties: Sequence[Duty], *, now: datetime) -> list[Happening]:
    """In order of time. `duties` reach back three months from `now`."""
    diary = _Diary(now, Random(SEED))  # noqa: S311 - a story, no secret
    shop, platform = ([one for one in duties if one.team == team] for team in (SHOP, PLATFORM))
    newest_first = sorted(shop, key=lambda one: one.span, reverse=True)
    diary.incidents_of_note()
    diary.shop(newest_first)
    diary.platform(sorted(platform, key=lambda one: one.span, reverse=True))
    return sorted(diary.found, key=lambda one: one.at)


@dataclass
class _Diary:
    now: datetime
    rng: Random
    found: list[Happening] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tell = Telling(self.rng)
        self.until = self.now - UNTIL
        self.deployed = deployed_at(self.now)

    def incidents_of_note(self) -> None:
        """What was really bad, by day in Europe and in America."""
        for days, signal, minutes in (
            (74, signals.DATABASE, 52),
            (47, signals.GATEWAY, 38),
            (12, signals.DATABASE, 8),
        ):
            at = (self.now - days * DAY).replace(hour=15, minute=7, second=41, microsecond=0)
            self._add(self.tell.long(signal, at, over=timedelta(minutes=minutes)))

    def shop(self, turns: Sequence[Duty]) -> None:
        """Each morning of Europe an export fills a disk for a minute. For who sleeps in America then, it is
        night. The shift that ended last had it by its own night, too.
        """
        turns = [one for one in turns if one.span.end - one.span.start >= DAY]  # no cover of an evening
        running = [one for one in turns if one.span.end >= self.now]
        ended = [one for one in turns if one.span.end < self.now]
        for turn in running:
            self._some(turn, signals.USUAL[SHOP], many=1)
        restful = [one for one in ended[3:] if not _sleeps_late(one)][1:6:3]
        for number, turn in enumerate(ended):
            if number == 0:
                self._noisy_week(turn)
            elif turn in restful:
                self._some(turn, [signals.PAYMENTS], many=1)
            else:
                lately = number < 3  # there, only the last one was woken
                many = 6 * (not lately) if _sleeps_late(turn) else self.rng.randint(1, 3)
                missed = 0 if lately else MISSED
                self._mornings(turn, many=many, missed=missed)
                self._some(turn, signals.USUAL[SHOP], many=self.rng.randint(1, 4), missed=missed)
                if number > 3 and number % 4 == 0:
                    self._some(turn, signals.USUAL[SHOP], many=1, hours=NIGHT)

    def platform(self, turns: Sequence[Duty]) -> None:
        """Noisy until the deploy of three weeks ago; since then there is little."""
        self._restarts(min(one.span.start for one in turns), turns)
        number = 0
        for turn in turns:
            is_long = turn.span.end - turn.span.start >= LONG_SHIFT and turn.span.end <= self.until
            number += is_long
            if is_long and number in (2, 6):
                self._calm(turn, many=3)
            elif is_long and number in (1, 3, 5):
                self._calm(turn, many=1)
            elif self.rng.random() < (0.3 if is_long else 0.08) and number > 7:
                self._some(turn, signals.USUAL[PLATFORM], many=1)
        for days in range(4, 90, 6):
            at = (self.now - days * DAY).replace(hour=13, minute=self.rng.randrange(60), second=9)
            if at.weekday() < 5:
                self._add(self.tell.quiet(signals.CERTIFICATE, at))

    def _noisy_week(self, turn: Duty) -> None:
        """Three nights, in one of them twice; seven of nine pages are of one disk."""
        nights = list(_nights(turn, until=self.until))[1:]
        whole = [nights[0], nights[2], nights[2], nights[3]] if len(nights) > 3 else [*nights, nights[-1]]
        for number, night in enumerate(whole):
            hours = (0, 2) if number == 1 else (3, 5) if number == 2 else (1, 4)
            for at in self._moments(night, turn.zone, hours=hours):
                slow = self.tell.handled(signals.DISK, at, speed=SPEED[turn.who], asleep=True)
                if self._add(slow if number == 2 else self.tell.blip(signals.DISK, at, short=True)):
                    break
        for signal, blip, missed in (
            (signals.DISK, True, 0),
            (signals.DISK, True, 0),
            (signals.DISK, False, 1),
            (signals.PAYMENTS, False, 0),
            (signals.STUCK, False, 0),
        ):
            self._once(turn, signal, hours=DAYTIME, blip=blip, missed=missed)

    def _mornings(self, turn: Duty, *, many: int, missed: float) -> None:
        """On different days, while it is morning in Europe."""
        day = turn.span.start.astimezone(UTC).date() + DAY
        days = [day + n * DAY for n in range((turn.span.end - turn.span.start).days)]
        for one in self.rng.sample(days, min(many, len(days))):
            minutes = self.rng.randint(8 * 60 + 10, 11 * 60 + 20)
            at = datetime(one.year, one.month, one.day, tzinfo=UTC) + timedelta(
                minutes=minutes, seconds=self.rng.randrange(60)
            )
            if turn.span.start <= at < turn.span.end:
                asleep, blip = _sleeps_late(turn), self.rng.random() < 0.5
                self._add(self._like(signals.DISK, at, turn, asleep=asleep, blip=blip, missed=missed))

    def _restarts(self, since: datetime, turns: Sequence[Duty]) -> None:
        day = since.date() + DAY
        while day < self.deployed.date():
            many = self.rng.choice((0, 1, 1, 1, 2, 2, 3))
            at = datetime(day.year, day.month, day.day, tzinfo=UTC) + self.rng.choice((0, 0, 1)) * 8 * HOUR
            at += timedelta(seconds=self.rng.randrange(8 * 3600))
            for _ in range(many):
                turn = next((one for one in turns if one.span.start <= at < one.span.end), None)
                if turn is not None:
                    blip = self.rng.random() < 0.6
                    self._add(self._like(signals.RESTARTS, at, turn, asleep=_is_night(at, turn), blip=blip))
                together = many == 3  # it flaps
                at += timedelta(minutes=self.rng.randint(35, 58) if together else self.rng.randint(150, 420))
            day += DAY

    def _some(
        self,
        turn: Duty,
        some: Sequence[Signal],
        *,
        many: int,
        hours: tuple[int, int] = DAYTIME,
        missed: float = MISSED,
    ) -> None:
        for _ in range(many):
            self._once(turn, self.rng.choice(some), hours=hours, blip=False, missed=missed)

    def _calm(self, turn: Duty, *, many: int) -> None:
        """By day, each something else, and answered in time."""
        some = [*signals.USUAL[PLATFORM], signals.ERRORS]
        for signal in some[:many]:
            self._once(turn, signal, hours=DAYTIME, blip=False, missed=0)

    def _once(self, turn: Duty, signal: Signal, *, hours: tuple[int, int], blip: bool, missed: float) -> None:
        for at in self._moments(turn.span, turn.zone, hours=hours):
            one = self._like(signal, at, turn, asleep=hours == NIGHT, blip=blip, missed=missed)
            if self._add(one):
                return

    def _like(
        self, signal: Signal, at: datetime, turn: Duty, *, asleep: bool, blip: bool, missed: float = MISSED
    ) -> Happening:
        if blip:
            return self.tell.blip(signal, at)
        if self.rng.random() < missed:
            return self.tell.missed(signal, at)
        return self.tell.handled(signal, at, speed=SPEED.get(turn.who, 1.0), asleep=asleep)

    def _moments(self, span: Span, zone: tzinfo, *, hours: tuple[int, int]) -> Iterator[datetime]:
        """In `span`, at such an hour there; no more than so many, for there may be none."""
        first, last = hours
        seconds = int((min(span.end, self.until) - span.start).total_seconds())
        for _ in range(400 if seconds > 0 else 0):
            at = span.start + timedelta(seconds=self.rng.randrange(seconds))
            hour = at.astimezone(zone).hour
            if first <= hour < last if first < last else hour >= first or hour < last:
                yield at

    def _add(self, one: Happening) -> bool:
        """Whether there was room for it. What pages nobody is in nobody's way."""
        others = [each for each in self.found if each.signal.pages == one.signal.pages]
        fits = one.at < self.until and all(
            one.at >= other.end + APART or other.at >= one.end + APART for other in others
        )
        if fits:
            self.found.append(one)
        return fits


def _sleeps_late(turn: Duty) -> bool:
    return str(turn.zone) == WOKEN_IN_AMERICA


def _is_night(at: datetime, turn: Duty) -> bool:
    return not 8 <= at.astimezone(turn.zone).hour < 22


def _nights(turn: Duty, *, until: datetime) -> Iterator[Span]:
    """Those that lie wholly in it, from 22 to 8 there."""
    day: date = turn.span.start.astimezone(turn.zone).date()
    while True:
        start = datetime(day.year, day.month, day.day, 22, tzinfo=turn.zone).astimezone(UTC)
        end = start + 10 * HOUR
        if end > min(turn.span.end, until):
            return
        if start >= turn.span.start:
            yield Span(start, end)
        day += DAY
