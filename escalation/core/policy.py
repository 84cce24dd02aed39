"""An escalation policy as frozen into an incident: an edit never changes what already runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whom a step pages: exactly one of schedule, user, team and webhook is an id; `label` is for people.

    `pick` is empty for all of a team, or ROUND_ROBIN: one of them, in turn. `webhook` is the id of the user
    that stands for it; no human knows what it is told.
    """

    label: str
    schedule: int | None = None
    user: int | None = None
    team: int | None = None
    role: str = ""
    pick: str = ""
    webhook: int | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """Pages `targets`, then waits `timeout`. `number` is its place in the document, from 1."""

    number: int
    timeout: timedelta
    targets: tuple[Target, ...]


@dataclass(frozen=True, kw_only=True)
class OutsideStep:
    """Stands outside the sequence: pages once, `after` the first trigger, unless resolved by then."""

    number: int
    after: timedelta
    targets: tuple[Target, ...]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`repeat` counts the further runs of the steps; an acknowledgement lasts `acknowledgement_timeout`."""

    name: str
    steps: tuple[Step, ...]
    outside: tuple[OutsideStep, ...] = ()
    repeat: int = 0
    acknowledgement_timeout: timedelta | None = None

    def targets(self) -> Iterator[Target]:
        """Whomever it may page."""
        yield from (target for step in self.steps for target in step.targets)
        yield from (target for step in self.outside for target in step.targets)

    def to_json(self) -> dict[str, Any]:
        """Durations in seconds; names and ids only, so that a later version can read it."""
        return {
            "name": self.name,
            "repeat": self.repeat,
            "acknowledgement_timeout": _seconds(self.acknowledgement_timeout),
            "steps": [
                {"number": step.number, "timeout": _seconds(step.timeout), "targets": _targets(step.targets)}
                for step in self.steps
            ],
            "outside": [
                {"number": step.number, "after": _seconds(step.after), "targets": _targets(step.targets)}
                for step in self.outside
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Policy":
        timeout = stored.get("acknowledgement_timeout")
        return cls(
            name=stored["name"],
            repeat=stored["repeat"],
            acknowledgement_timeout=None if timeout is None else timedelta(seconds=timeout),
            steps=tuple(
                Step(
                    number=step["number"],
                    timeout=timedelta(seconds=step["timeout"]),
                    targets=_read_targets(step["targets"]),
                )
                for step in stored["steps"]
            ),
            outside=tuple(
                OutsideStep(
                    number=step["number"],
                    after=timedelta(seconds=step["after"]),
                    targets=_read_targets(step["targets"]),
                )
                for step in stored.get("outside", ())
            ),
        )


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _targets(targets: tuple[Target, ...]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in vars(target).items() if value not in (None, "")} for target in targets
    ]


def _read_targets(stored: list[Mapping[str, Any]]) -> tuple[Target, ...]:
    return tuple(
        Target(
            label=target.get("label", ""),
            schedule=target.get("schedule"),
            user=target.get("user"),
            team=target.get("team"),
            role=target.get("role", ""),
            pick=target.get("pick", ""),
            webhook=target.get("webhook"),
        )
        for target in stored
    )
