"""A machine whose clock is wrong: each of its Python programs begins with a clock that is ahead or behind."""

from pathlib import Path

FOLDER = Path(__file__).parent / "on_the_path"


def environment(given, *, ahead):
    """What a program is given beside `given`; `ahead` in seconds, less than nothing where it is behind."""
    path = f"{FOLDER}:{given['PYTHONPATH']}"
    return {"PYTHONPATH": path, "CLOCK_AHEAD": str(ahead)}
