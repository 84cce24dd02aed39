"""How many events come within a minute, estimated from what came in this minute of the clock and the last."""

from dataclasses import dataclass
from math import floor

MINUTE = 60.0


@dataclass(frozen=True)
class Came:
    """`current` since the minute of the clock began, which is `elapsed` seconds ago; `before` in the one
    before it, whose events are taken as spread evenly.
    """

    current: int
    before: int
    elapsed: float

    @property
    def rate(self) -> float:
        """Events of the last 60 seconds."""
        return self.current + self.before * (1 - self.elapsed / MINUTE)

    def wait(self, limit: int) -> int:
        """Seconds, from 1 to 121, until the rate is below `limit` if nothing more comes; 0 where it is below
        already, or there is no limit (0).
        """
        if not limit or self.rate < limit:
            return 0
        if self.current < limit:  # as what came before goes out of sight
            left = MINUTE * (1 - (limit - self.current) / self.before) - self.elapsed
        else:  # not before the next minute, in which this one is the one before
            left = MINUTE - self.elapsed + MINUTE * (1 - limit / self.current)
        return max(1, floor(left) + 1)
