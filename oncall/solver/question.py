"""The puzzle and its answer as JSON, for the solver that runs in a process of its own."""

import json
from typing import Any

from oncall.core.plan.problem import Problem


def written(problem: Problem, *, seconds: float) -> str:
    """Everything the solver needs; times and roles are left out, and slots are told by their place."""
    return json.dumps(
        {
            "seconds": seconds,
            "slots": [
                {
                    "minutes": slot.minutes,
                    "options": [list(group) for group in slot.options],
                    "guests": [group in slot.guests for group in slot.options],
                    "usual": sorted(slot.usual),
                    "loads": {str(user): list(load) for user, load in slot.loads.items()},
                }
                for slot in problem.slots
            ],
            "crews": [
                {
                    "before": {str(user): list(load) for user, load in crew.before.items()},
                    "slots": list(crew.slots),
                }
                for crew in problem.crews
            ],
            **{name: getattr(problem, name) for name in ("apart", "rest", "unrested", "in_a_row", "tied")},
        }
    )


def read(line: str) -> dict[str, Any]:
    """One line of what the solver says."""
    said: dict[str, Any] = json.loads(line)
    return said
