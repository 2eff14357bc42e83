"""`python -m billing.stripe.sandbox`: serves one sandbox until SIGTERM or SIGINT."""

import os
import signal
import sys
import threading

from billing.stripe.sandbox.serving import running
from billing.stripe.sandbox.settings import SandboxSettings


def main() -> None:
    """Ends with exit code 0 on a signal; a wrong setting or a taken port ends it at once with a traceback."""
    is_over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: is_over.set())
    with running(SandboxSettings.from_environment(os.environ)) as address:
        sys.stdout.write(f"Stripe sandbox (simulated, no real money) on {address}\n")
        sys.stdout.flush()
        is_over.wait()


if __name__ == "__main__":
    main()
