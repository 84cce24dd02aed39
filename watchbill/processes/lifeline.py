"""A child that does not outlive its parent, also when the parent is killed."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Call in the child: the kernel sends it SIGTERM when the thread that made it ends. Elsewhere than on
    Linux this does nothing.
    """
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
