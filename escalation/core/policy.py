"""An escalation policy as frozen into an incident: an edit never changes what already runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from escalation.core.condition import ALWAYS, Condition
from escalation.core.support_hours import SupportHours

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
    """Pages `targets`, then waits `timeout`; where `when` does not hold, it is passed over at once. `number`
    is its place in the document, from 1.
    """

    number: int
    timeout: timedelta
    targets: tuple[Target, ...]
    when: Condition = ALWAYS


@dataclass(frozen=True, kw_only=True)
class OutsideStep:
    """Stands outside the sequence: pages once, `after` the first trigger, unless resolved by then."""

    number: int
    after: timedelta
    targets: tuple[Target, ...]
    when: Condition = ALWAYS


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`repeat` counts the further runs of the steps; an acknowledgement lasts `acknowledgement_timeout`, and
    so many people have to acknowledge as `acknowledgements` says. `support_hours` are the service's, where a
    condition asks for them.
    """

    name: str
    steps: tuple[Step, ...]
    outside: tuple[OutsideStep, ...] = ()
    repeat: int = 0
    acknowledgement_timeout: timedelta | None = None
    acknowledgements: int = 1
    support_hours: SupportHours | None = None

    def targets(self) -> Iterator[Target]:
        """Whomever it may page."""
        yield from (target for step in self.steps for target in step.targets)
        yield from (target for step in self.outside for target in step.targets)

    def why_not(self, step: Step | OutsideStep, *, severity: str, at: datetime) -> str:
        """Why the step does not page at `at`; empty where it does."""
        return step.when.why_not(severity, support=self.support_hours, at=at)

    def opens(self, step: Step | OutsideStep, *, was: str, now: str) -> bool:
        """Whether the step pages at the severity `now`, and did not at the one before."""
        asked = step.when.severities
        return bool(asked) and was not in asked and now in asked

    def to_json(self) -> dict[str, Any]:
        """Durations in seconds; names and ids only, so that a later version can read it. What an earlier
        version did not know is left out where it says what is usual.
        """
        frozen: dict[str, Any] = {
            "name": self.name,
            "repeat": self.repeat,
            "acknowledgement_timeout": _seconds(self.acknowledgement_timeout),
            "steps": [
                {
                    "number": step.number,
                    "timeout": _seconds(step.timeout),
                    "targets": _targets(step.targets),
                    **_when(step.when),
                }
                for step in self.steps
            ],
            "outside": [
                {
                    "number": step.number,
                    "after": _seconds(step.after),
                    "targets": _targets(step.targets),
                    **_when(step.when),
                }
                for step in self.outside
            ],
        }
        if self.acknowledgements > 1:
            frozen["acknowledgements"] = self.acknowledgements
        if self.support_hours is not None:
            frozen["support_hours"] = self.support_hours.to_json()
        return frozen

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Policy":
        timeout = stored.get("acknowledgement_timeout")
        return cls(
            name=stored["name"],
            repeat=stored["repeat"],
            acknowledgement_timeout=None if timeout is None else timedelta(seconds=timeout),
            acknowledgements=stored.get("acknowledgements", 1),
            support_hours=SupportHours.from_json(stored.get("support_hours", {})),
            steps=tuple(
                Step(
                    number=step["number"],
                    timeout=timedelta(seconds=step["timeout"]),
                    targets=_read_targets(step["targets"]),
                    when=Condition.from_json(step.get("when", {})),
                )
                for step in stored["steps"]
            ),
            outside=tuple(
                OutsideStep(
                    number=step["number"],
                    after=timedelta(seconds=step["after"]),
                    targets=_read_targets(step["targets"]),
                    when=Condition.from_json(step.get("when", {})),
                )
                for step in stored.get("outside", ())
            ),
        )


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _when(condition: Condition) -> dict[str, Any]:
    said = condition.to_json()
    return {"when": said} if said else {}


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
