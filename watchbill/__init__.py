"""The project: what looks at everything. The README has the map of the floors."""

from watchbill.celery import app as celery_app

__all__ = ["celery_app"]
