"""The version before this one, fetched out of git, with a Python that has what its lock names."""

import subprocess
import sys

from tests.chaos.processes import Code
from tests.processes.tree import ROOT

LOCK = "requirements.lock"
MIGRATIONS = ("*/migrations/0*.py",)
UV = ROOT / ".venv/bin/uv"


class Missing(RuntimeError):
    """What the drill cannot do without. The text says what, and how to get it."""


def usual():
    """The last release, where one is tagged; else the last commit with other migrations. Raises Missing."""
    _check_history()
    tagged = _git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD")
    if tagged:
        return tagged
    changed = _git("rev-list", "--max-count=1", "--first-parent", "HEAD", "--", *MIGRATIONS)
    before = _git("rev-parse", "--verify", "--quiet", f"{changed}^1^{{commit}}") if changed else ""
    if not before:
        raise Missing(
            f"No commit before this one has other migrations.{_how_deep()} Say which: FROM=<commit>."
        )
    return before


def fetch(revision, folder):
    """Its `Code`, in `folder`. Installs nothing where its lock is this one's. Raises Missing."""
    _check_history()
    commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if not commit:
        raise Missing(f"FROM={revision} is no commit of this clone.{_how_deep()}")
    root = folder / "code"
    root.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", root], input=archive.stdout, check=True)
    if not (root / "docker-compose.yml").exists() or not (root / "manage.py").exists():
        raise Missing(f"FROM={revision} is from before there was anything to run; choose a later commit.")
    if (root / LOCK).read_bytes() == (ROOT / LOCK).read_bytes():
        return Code(root, sys.executable)
    return Code(root, _install(root / LOCK, folder / "venv", revision))


def described(revision):
    return _git("log", "-1", "--format=%h “%s”", revision)


def _install(lock, venv, revision):
    """The Python of a new environment with what this lock names."""
    python = venv / "bin/python"
    make = [UV, "venv", "--quiet", "--python", sys.executable, venv]
    fill = [UV, "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock]
    for command in (make, fill):
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if ran.returncode:
            last = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise Missing(f"What the lock of {revision} names cannot be installed: {last}")
    return str(python)


def _check_history():
    if _git("rev-parse", "--show-toplevel") != str(ROOT):
        raise Missing(
            "There is no git history here (a tarball?), and the drill needs the version before this one."
        )


def _how_deep():
    shallow = _git("rev-parse", "--is-shallow-repository") == "true"
    return " This clone is shallow: `git fetch --unshallow --tags` fetches the rest." if shallow else ""


def _git(*arguments):
    """What git says; empty where it refuses, or is not there."""
    try:
        ran = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""
