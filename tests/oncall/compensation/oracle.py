"""Standby pay, minute by minute and as slowly as it gets. Shares no code with what it checks: it asks of each
minute what clocks show, and counts.
"""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction

MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)


def every(start, end):
    while start < end:
        yield start
        start += MINUTE


class Oracle:
    """`bands` are dicts: name, amount, per, prorate, additive, and `when`, a function of (weekday, minutes
    since midnight, is holiday). `place` is a zone and a set of dates.
    """

    def __init__(self, bands, precedence, place):
        self.bands = {band["name"]: band for band in bands}
        self.rank = {name: n for n, name in enumerate(precedence)}
        self.zone, self.holidays = place
        self.known, self.units = {}, {}

    def bands_at(self, at):
        """The one band that has this minute, and the additive ones that have it too."""
        if at not in self.known:
            local = at.astimezone(self.zone)
            said = (local.weekday(), local.hour * 60 + local.minute, local.date() in self.holidays)
            here = [band for band in self.bands.values() if band["when"](*said)]
            apart = [band["name"] for band in here if not band["additive"]]
            apart.sort(key=lambda name: self.rank.get(name, len(self.rank)))
            self.known[at] = apart[:1] + [band["name"] for band in here if band["additive"]]
        return self.known[at]

    def unit(self, name, at, turn):
        """The first minute that the band has in the unit around `at`, and how many it has."""
        per, local = self.bands[name]["per"], at.astimezone(self.zone).date()
        key = (name, turn if per == "shift" else local)
        if key not in self.units:
            minutes = every(*turn) if per == "shift" else self.local_days(per, local)
            mine = [minute for minute in minutes if name in self.bands_at(minute)]
            self.units[key] = (min(mine), len(mine))
        return self.units[key]

    def local_days(self, per, day):
        back, many = {"day": (0, 1), "week": (day.weekday(), 7), "weekend": ((day.weekday() - 2) % 7, 7)}[per]
        first = day - back * A_DAY
        start = datetime.combine(first, time(0), UTC) - A_DAY
        for minute in every(start, start + (many + 3) * A_DAY):
            if first <= minute.astimezone(self.zone).date() < first + many * A_DAY:
                yield minute

    def of_minute(self, name, at, turn):
        band = self.bands[name]
        if band["per"] == "hour":
            return band["amount"] / 60
        first, many = self.unit(name, at, turn)
        if band["prorate"]:
            return band["amount"] / many
        return band["amount"] if at == first else Fraction(0)

    def owed(self, stretches, factors, *, once):
        """By band, the exact amount. `stretches` are (schedule, role, start, end, turn)."""
        found = defaultdict(Fraction)
        for at in sorted({minute for one in stretches for minute in every(one[2], one[3])}):
            here = [one for one in stretches if one[2] <= at < one[3]]
            here.sort(key=lambda one: (-factors.get(one[1], 1), *one[:4]))
            for one in here[:1] if once else here:
                for name in self.bands_at(at):
                    found[name] += self.of_minute(name, at, one[4]) * factors.get(one[1], 1)
        return {name: amount for name, amount in found.items() if amount}
