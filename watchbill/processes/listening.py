"""A web says that it listens, for as long as it does."""

from watchbill.ticking.loop import Loop
from watchbill.watch import hearing, watcher

GRACE = 2.0

_loops: list[Loop] = []


def start() -> None:
    """Call in the web process itself, after any fork."""
    _loops.append(Loop("listening", watcher.listen, every=hearing.EVERY))
    _loops[-1].start()


def stop() -> None:
    while _loops:
        loop = _loops.pop()
        loop.ask_to_stop()
        loop.join(GRACE)
