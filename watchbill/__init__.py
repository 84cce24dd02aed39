"""The project: what looks at everything. See docs/ for the map of the floors."""

from watchbill.celery import app as celery_app

__all__ = ["celery_app"]
