"""Beat's scheduler: in memory, because a schedule that is lost costs one tick."""

from typing import Any

from celery import beat

from watchbill.ticking import alive


class Scheduler(beat.Scheduler):
    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due and say that beat is alive; returns the seconds to the next look."""
        seconds: float = super().tick(*args, **kwargs)
        alive.touch()
        return seconds
