"""Takes turns: the rows are locked until the transaction ends, so of two incidents at once the second one
sees whom the first one asked.
"""

from collections.abc import Sequence

from escalation import targets
from escalation.core.policy import Target
from escalation.core.turns import Turns, key_of
from escalation.models import TeamTurn


class LockedTurns:
    """Of every list of `wanted` that is asked in turn, locked in one order however many incidents ask. A
    number of statements that does not grow with them; none where there is no such list.
    """

    def __init__(self, wanted: Sequence[Target]) -> None:
        lists = targets.lists_in_turn(wanted)
        self._rows = _locked(lists)
        missing = lists - {(row.team_id, row.role) for row in self._rows}
        if missing:
            made = [TeamTurn(team_id=team, role=role) for team, role in sorted(missing)]
            TeamTurn.objects.bulk_create(made, ignore_conflicts=True)
            self._rows = _locked(lists)
        self.turns = Turns({key_of(row.team_id, row.role): row.last for row in self._rows})

    def save(self) -> None:
        """What has moved."""
        moved = []
        for row in self._rows:
            last = self.turns.moved.get(key_of(row.team_id, row.role))
            if last is not None:
                row.last = last
                moved.append(row)
        if moved:
            TeamTurn.objects.bulk_update(moved, ["last"])


def _locked(lists: set[tuple[int, str]]) -> list[TeamTurn]:
    if not lists:
        return []
    rows = TeamTurn.objects.select_for_update().filter(team__in={team for team, _ in lists})
    return [row for row in rows.order_by("team", "role") if (row.team_id, row.role) in lists]
