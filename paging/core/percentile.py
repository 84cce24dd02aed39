"""Percentiles as they are read aloud: “95 of 100 answered within this”."""

from collections.abc import Sequence


def percentile(ordered: Sequence[int], share: int) -> int:
    """The smallest of `ordered` (ascending, not empty) that `share` of 100 do not exceed (nearest rank)."""
    rank = -(-len(ordered) * share // 100)
    return ordered[max(rank, 1) - 1]
