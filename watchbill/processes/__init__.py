"""What runs, and what keeps it running: `manage.py up`, gunicorn, the embedded worker and beat."""
