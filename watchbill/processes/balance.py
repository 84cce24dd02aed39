"""How many connections each web worker has, so that one that has many leaves the next one to another.

All of them hear of a new connection, and whoever is quickest takes it; of sixteen that stay open one worker
can have all, and is one processor. What is said here is a hint: it delays a connection by no more than a
moment, and is believed only while its worker says it anew.
"""

import struct
from math import inf
from mmap import mmap

SLOTS = 64
SAID = struct.Struct("dd")
"""When it was said, and how many there were."""
BELIEVED = 2.0
"""Seconds; a worker turns at least once in each of them."""
MORE = 2
"""So many more than another has are too many."""
MOMENT = 0.001
"""Seconds in which the other one can be quicker."""


class Board:
    """Made before the workers are, and shared by them: each has a slot. Times are those of one machine's
    monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._memory = mmap(-1, SLOTS * SAID.size)

    def say(self, worker: int, connections: int, *, now: float) -> None:
        SAID.pack_into(self._memory, worker % SLOTS * SAID.size, now, connections)

    def has_too_many(self, worker: int, connections: int, *, now: float) -> bool:
        others = (said for slot, said in enumerate(SAID.iter_unpack(self._memory)) if slot != worker % SLOTS)
        least = min((number for at, number in others if at and now - at < BELIEVED), default=inf)
        return connections >= least + MORE
