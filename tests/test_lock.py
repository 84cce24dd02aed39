"""requirements.lock alone is what an installation has: whatever our programs import has to be named there."""

import re
import subprocess
import sys
import textwrap
from importlib.metadata import packages_distributions

import pytest

from tests.processes.tree import PATIENCE, ROOT, clean_environment

RUN = """
    import importlib, sys
    from importlib.machinery import PathFinder

    class Installed(PathFinder):
        @classmethod
        def find_spec(cls, name, path=None, target=None):
            tool = name.partition(".")[0] in sys.argv[2].split()
            return None if tool else super().find_spec(name, path, target)

    sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
    importlib.import_module(sys.argv[1])
"""


def tools():
    """Modules that only requirements-dev.lock brings."""
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    named = {_plain(name) for name in locked}
    return [
        module
        for module, distributions in packages_distributions().items()
        if not named & {_plain(name) for name in distributions}
    ]


def _plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    "module",
    [
        "watchbill.wsgi",  # every app, every address
        "watchbill.processes.gunicorn_conf",
        "watchbill.processes.web_worker",
        "celery.bin.celery",
        "celery.apps.worker",
        "kombu.transport.redis",  # named by REDIS_URL only
        "watchbill.processes.beat",
    ],
)
def test_program_starts_with_what_an_installation_has(module, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(RUN), module, " ".join(tools())],
        cwd=ROOT,
        env=clean_environment(tmp_path, DJANGO_SETTINGS_MODULE="watchbill.settings"),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stderr
