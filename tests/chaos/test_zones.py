import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos import zones


@pytest.mark.parametrize("changes_at", [1_795_824_028, 1_795_780_800, 1_795_823_999])
@pytest.mark.parametrize(("name", "hour", "by"), [("Spring", 2, 1), ("Autumn", 3, -1)])
def test_clocks_change_when_the_run_needs_it(tmp_path, changes_at, name, hour, by):
    zones.write(tmp_path, changes_at)
    with (tmp_path / "Chaos" / name).open("rb") as file:
        zone = zoneinfo.ZoneInfo.from_file(file)
    change = datetime.fromtimestamp(changes_at, UTC)
    before, after = (
        (change + timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None) for seconds in (-1, 0)
    )
    assert after - before == timedelta(hours=by, seconds=1)
    assert zones.wall(changes_at, hour) == before + timedelta(seconds=1)
    assert zones.wall(changes_at, hour).hour == hour
    later = (change + timedelta(days=400)).astimezone(zone)
    assert later.utcoffset() == change.astimezone(zone).utcoffset()
