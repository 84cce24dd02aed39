"""What a provider says of a message after it took it. Such news comes twice, late and out of order."""

from dataclasses import dataclass

from paging.core.delivery import Fault, State

RANK = {State.SENT: 1, State.UNDELIVERED: 2, State.DELIVERED: 3}
"""Later news are those of a higher rank, whenever they come: a phone that has it cannot lose it again."""


@dataclass(frozen=True)
class Receipt:
    """`state` is SENT (it took it), DELIVERED, or UNDELIVERED, with what helps then, and why."""

    provider: str
    provider_id: str
    state: State
    fault: Fault = Fault.MESSAGE
    why: str = ""


def is_news(state: State, *, before: State) -> bool:
    """Whether a receipt says more than is known. Of what another message said, none says anything."""
    if before is State.BUNDLED:
        return False
    return RANK[state] > RANK.get(before, 0)
