"""Time zones of one's own whose clocks change when a run needs it. No clock is faked.

A folder of compiled zones goes before the system's (PYTHONTZPATH). In `Chaos/Spring` it is two in the night
at the change, and clocks go forward an hour; in `Chaos/Autumn` it is three, and they go back.
"""

import struct
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

HOUR = 3600
LONG_AGO = 0  # the first instant that a zone here speaks of


def write(folder, changes_at):
    """Both zones. `changes_at`: seconds since the epoch."""
    for name, hour, by in (("Spring", 2, HOUR), ("Autumn", 3, -HOUR)):
        before = _offset(changes_at, hour)
        path = Path(folder) / "Chaos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(compiled(changes_at, before, before + by))


def environment(folder):
    """Of whoever is to know the zones of `folder`, which may be written later."""
    return {"PYTHONTZPATH": ":".join([str(folder), *zoneinfo.TZPATH])}


def wall(changes_at, hour):
    """The wall clock's time just before the change, where it is `hour` o'clock then."""
    return datetime.fromtimestamp(changes_at + _offset(changes_at, hour), UTC).replace(tzinfo=None)


def _offset(changes_at, hour):
    """Whole minutes, in seconds, so that the wall clock says `hour`:00 in the minute of the change."""
    minute = int(changes_at) // 60
    east = (hour * 60 - minute) % (24 * 60)
    return 60 * (east if east <= 12 * 60 else east - 24 * 60)


def compiled(changes_at, before, after):
    """TZif, version 2 (RFC 8536): one change, and then the same for ever."""
    names = b"BEF\0AFT\0"
    kinds = struct.pack(">lBB", before, 0, 0) + struct.pack(">lBB", after, 0, 4)
    body = struct.pack(">2q", LONG_AGO, int(changes_at)) + bytes([0, 1]) + kinds + names
    empty = _head(0, 1, 1) + struct.pack(">lBB", before, 0, 0) + b"\0"
    west = -timedelta(seconds=after)
    sign, size = ("-", -west) if west < timedelta(0) else ("", west)
    hours, minutes = divmod(int(size.total_seconds()) // 60, 60)
    return empty + _head(2, 2, len(names)) + body + f"\n<AFT>{sign}{hours:02}:{minutes:02}\n".encode()


def _head(changes, kinds, names):
    return b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, changes, kinds, names)
