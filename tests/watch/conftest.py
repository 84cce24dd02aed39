from datetime import timedelta

from tests.paging.world import person
from watchbill.watch import troubles, unwell

LATER = timedelta(seconds=75)


def administrator(**methods):
    root = person("root", "Root", **methods)
    root.is_superuser = True
    root.save(update_fields=["is_superuser"])
    return root


def look_at(*moments):
    """As a process does whose clock is right."""
    for now in moments:
        troubles.keep(unwell.unwell(now=now, apart=timedelta(0)), now=now)
