"""A web that has its engines elsewhere looks at the site, too: when all are dead, only a web can tell."""

from watchbill.ticking.loop import Loop
from watchbill.watch import watcher

GRACE = 9.0
"""Seconds to end in: the look may hold a notice in a provider's hands."""

_loops: list[Loop] = []


def start() -> None:
    """Call in the web process itself, after any fork."""
    _loops.append(Loop("watch", watcher.look, every=watcher.EVERY))
    _loops[-1].start()


def stop() -> None:
    while _loops:
        loop = _loops.pop()
        loop.ask_to_stop()
        loop.join(GRACE)
