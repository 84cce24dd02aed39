"""A real Alertmanager on the loopback, that posts to us."""

import json
import os
import shutil
import signal
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from tests.processes.tree import PATIENCE, fetch, free_port, until

BINARIES = ("prometheus-alertmanager", "alertmanager")

CONFIG = """
global: {{resolve_timeout: 5m}}
route:
  receiver: {receiver}
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: webhook
    webhook_configs: [{{url: "{url}/integrations/alertmanager/{key}", send_resolved: true}}]
  - name: pagerduty
    pagerduty_configs:
      - {{url: "{url}/v2/enqueue", routing_key: "{key}", send_resolved: true, severity: critical}}
  - name: opsgenie
    opsgenie_configs:
      - api_url: "{url}/"
        api_key: "{key}"
        priority: P1
        update_alerts: true
        send_resolved: true
  - name: victorops
    victorops_configs:
      - api_url: "{url}/integrations/generic/20131114/alert/"
        api_key: any
        routing_key: "{key}"
        message_type: CRITICAL
        send_resolved: true
"""


def find():
    """Where it is installed. A machine of the continuous integration must have it."""
    found = next((path for name in BINARIES if (path := shutil.which(name))), None)
    if found is None:
        missing = "prometheus-alertmanager is not installed (apt-get install prometheus-alertmanager)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


class Alertmanager:
    """Its whole configuration is: send everything to `receiver`, at once."""

    def __init__(self, *, folder, url, key, receiver):
        self._binary = find()
        self._folder = folder
        folder.mkdir()
        (folder / "alertmanager.yml").write_text(CONFIG.format(url=url, key=key, receiver=receiver))
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self):
        self._process = subprocess.Popen(
            [
                self._binary,
                f"--config.file={self._folder}/alertmanager.yml",
                f"--storage.path={self._folder}/data",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--cluster.listen-address=",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        until(lambda: fetch(f"{self.url}/-/ready")[0] == 200, "Alertmanager is ready")
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)

    def alert(self, *, over=False, **labels):
        """What Prometheus would post: this alert fires now, or has ended."""
        now = datetime.now(UTC)
        alert = {
            "labels": labels,
            "annotations": {"summary": f"{labels['alertname']} in {labels.get('cluster', 'nowhere')}"},
            "startsAt": (now - timedelta(minutes=1)).isoformat(),
            "endsAt": (now + (timedelta(seconds=-1) if over else timedelta(hours=1))).isoformat(),
        }
        status, body = fetch(
            f"{self.url}/api/v2/alerts", json.dumps([alert]).encode(), **{"Content-Type": "application/json"}
        )
        assert status == 200, body
