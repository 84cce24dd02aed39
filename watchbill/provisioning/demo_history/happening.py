"""What happened, and what somebody did about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from escalation.core.label import Label
from watchbill.provisioning.demo_history.signals import Signal

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
DOORS = ("link", "link", "web", "by phone", "by SMS")
LABELLED = 0.8
ENDED_BY_SOURCE = 0.4
NOTED = 0.3


@dataclass(frozen=True, kw_only=True)
class Happening:
    """All lengths are from `at`. `answered`: by the one who was paged last; None: nobody needed to. `over`:
    by its source, or by the one who answered. `label` is put on it at `labelled`, which is `over` or later.
    """

    at: datetime
    signal: Signal
    over: timedelta
    by_source: bool
    answered: timedelta | None = None
    door: str = "web"
    notes: Sequence[tuple[timedelta, str]] = ()
    label: Label | None = None
    labelled: timedelta | None = None
    began: datetime | None = None

    @property
    def end(self) -> datetime:
        return self.at + self.over


@dataclass(frozen=True)
class Telling:
    """Makes happenings up, by chance, which is the same each time."""

    rng: Random

    def blip(self, signal: Signal, at: datetime, *, short: bool = False) -> Happening:
        """It is gone before anybody has looked. Not `short`: perhaps after the next one was paged, too."""
        seconds = (
            self.rng.randint(45, 110) if short or self.rng.random() < 0.7 else self.rng.randint(130, 225)
        )
        over = seconds * SECOND
        label, _ = self._label(signal, over)
        later = over + self.rng.randint(20, 400) * MINUTE
        return Happening(
            at=at,
            signal=signal,
            over=over,
            by_source=True,
            door="web",
            label=label,
            labelled=later if label else None,
            began=self._began(signal, at),
        )

    def handled(self, signal: Signal, at: datetime, *, speed: float = 1.0, asleep: bool = False) -> Happening:
        """Who is paged first answers in time; `speed` 2 takes twice as long as 1."""
        usual = self.rng.randint(45, 100) if asleep else self.rng.randint(9, 60)
        return self._answered(signal, at, min(usual * speed, 116) // 1 * SECOND)

    def missed(self, signal: Signal, at: datetime) -> Happening:
        """Who is paged first does not hear it; the next one answers."""
        return self._answered(signal, at, self.rng.randint(128, 225) * SECOND)

    def long(self, signal: Signal, at: datetime, *, over: timedelta) -> Happening:
        """Something bad, on which somebody writes what they see every twenty minutes."""
        answered = self.rng.randint(15, 60) * SECOND
        words = ["Looking into it; people notice.", "Found where; not yet why."]
        times = [n * 20 * MINUTE for n in range(1, 9) if n * 20 * MINUTE < over - 5 * MINUTE]
        notes = [(time, words[min(n, len(words) - 1)]) for n, time in enumerate(times)]
        notes.append((over - 2 * MINUTE, signal.cause))
        return Happening(
            at=at,
            signal=signal,
            over=over,
            by_source=False,
            answered=answered,
            door="link",
            notes=notes,
            label=Label.ACTED,
            labelled=over,
            began=self._began(signal, at),
        )

    def quiet(self, signal: Signal, at: datetime) -> Happening:
        """Of low urgency: somebody who looks takes it up, some time."""
        answered = self.rng.randint(20, 240) * MINUTE
        over = answered + self.rng.randint(5, 90) * MINUTE
        return Happening(
            at=at,
            signal=signal,
            over=over,
            by_source=False,
            answered=answered,
            label=Label.ACTED,
            labelled=over,
        )

    def _answered(self, signal: Signal, at: datetime, answered: timedelta) -> Happening:
        over = answered + self.rng.randint(200, 1500) * SECOND
        by_source = self.rng.random() < ENDED_BY_SOURCE
        label, labelled = self._label(signal, over)
        noted = self.rng.random() < NOTED
        if by_source and labelled:
            labelled += self.rng.randint(1, 30) * MINUTE
        return Happening(
            at=at,
            signal=signal,
            over=over,
            by_source=by_source,
            answered=answered,
            door=self.rng.choice(DOORS),
            notes=[(over - 45 * SECOND, signal.cause)] if noted else (),
            label=label,
            labelled=labelled,
            began=self._began(signal, at),
        )

    def _label(self, signal: Signal, over: timedelta) -> tuple[Label | None, timedelta | None]:
        if self.rng.random() >= LABELLED:
            return None, None
        words, weights = zip(*signal.labelled.items(), strict=True)
        return self.rng.choices(words, weights)[0], over

    def _began(self, signal: Signal, at: datetime) -> datetime | None:
        return at - self.rng.randint(20, 400) * SECOND if signal.says_when else None
