"""Where the clients of others are installed: below var/live, once for each version of their lists."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Missing(Exception):
    """The run cannot begin; the text says what is not installed."""


def python():
    """The interpreter of an environment that has the Python clients."""
    folder = _place("requirements.txt") / "venv"
    interpreter = folder / "bin" / "python"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        uv = Path(sys.executable).parent / "uv"
        _run(uv, "venv", "--quiet", "--python", sys.executable, folder)
        pip = (uv, "pip", "install", "--quiet", "--python", interpreter, "-r", HERE / "requirements.txt")
        try:
            _run(*pip)
        except Missing:
            _run(*pip, "--system-certs")  # where a proxy has certificates that this system alone knows
        (folder / "done").touch()
    return interpreter


def node_modules():
    """A folder from which node finds the JavaScript clients."""
    installed("node", by="nodejs npm")
    installed("npm")
    folder = _place("package-lock.json") / "node"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        _run("npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", folder)
        (folder / "done").touch()
    return folder / "node_modules"


def installed(program, *, by=""):
    """Raises Missing where this machine has it not; `by` is what Debian calls it."""
    if shutil.which(program) is None:
        raise Missing(f"{program} is not installed (Debian: apt-get install {by or program})")


def _place(name):
    digest = hashlib.sha256((HERE / name).read_bytes()).hexdigest()[:12]
    return Path(os.environ.get("VAR_DIR", ROOT / "var")) / "live" / digest


def _run(*command):
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Missing(f"{command[0]} failed: {(ran.stderr or ran.stdout).strip()[-500:]}")
