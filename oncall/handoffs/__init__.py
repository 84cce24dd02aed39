"""The keeper of handoffs: records each as it happens, and tells people before, at and after it."""

from oncall.handoffs.keeping import run_due

__all__ = ["run_due"]
