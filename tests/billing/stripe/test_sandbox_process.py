"""The sandbox as a process of its own, the way one machine runs it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.billing.stripe.sandbox_wire import catching, say, wait_until
from tests.billing.stripe.sandbox_world import SandboxWorld

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, port: int, webhook_url: str) -> subprocess.Popen[str]:
    told = {
        "SANDBOX_HOME": str(home),
        "SANDBOX_PORT": str(port),
        "WEBHOOK_URL": webhook_url,
        "SANDBOX_DELAY": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "billing.stripe.sandbox"],
        cwd=ROOT,
        env={**os.environ, **told, "STRIPE_WEBHOOK_SECRET": "whsec_test", "SANDBOX_RETRY_SECONDS": "0.05"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert "simulated" in process.stdout.readline()
    return process


def test_what_was_paid_before_a_kill_is_booked_and_told_after_a_restart(tmp_path: Path) -> None:
    port = free_port()
    with catching() as catcher:
        first = start(tmp_path, port, catcher.url)
        sandbox = SandboxWorld(f"http://127.0.0.1:{port}")
        catcher.status = 503
        session = sandbox.paid()
        first.send_signal(signal.SIGKILL)
        first.communicate()
        catcher.status = 200
        second = start(tmp_path, port, catcher.url)
        wait_until(lambda: "charge.updated" in catcher.types)
        assert sandbox.gateway.checkout(session.id).is_paid
        wait_until(lambda: {"checkout.session.completed", "payment_intent.succeeded"} <= set(catcher.types))
        assert say(sandbox.url, "GET", "/healthz").json == {"status": "ok"}
        sandbox.gateway.close()
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=10)
        assert second.returncode == 0
