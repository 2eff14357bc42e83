"""How one sandbox is set up, read from the environment once at the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SandboxSettings:
    """`capture_delay_seconds` is sandbox time between a payment and its booking; port 0 takes a free one."""

    home: Path
    port: int = 0
    host: str = "127.0.0.1"
    public_url: str | None = None
    webhook_url: str | None = None
    webhook_secret: str = "whsec_sandbox"
    capture_delay_seconds: int = 1
    available_after_seconds: int = 2 * 86400
    retry_seconds: float = 1.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SandboxSettings":
        """Reads SANDBOX_* and STRIPE_WEBHOOK_SECRET; a value that is no number raises ValueError."""
        return cls(
            home=Path(environment.get("SANDBOX_HOME", ".floe/stripe-sandbox")),
            port=int(environment.get("SANDBOX_PORT", "12111")),
            host=environment.get("SANDBOX_HOST", "127.0.0.1"),
            public_url=environment.get("SANDBOX_PUBLIC_URL") or None,
            webhook_url=environment.get("WEBHOOK_URL") or None,
            webhook_secret=environment.get("STRIPE_WEBHOOK_SECRET", "whsec_sandbox"),
            capture_delay_seconds=int(environment.get("SANDBOX_DELAY", "1")),
            available_after_seconds=int(environment.get("SANDBOX_AVAILABLE_AFTER", str(2 * 86400))),
            retry_seconds=float(environment.get("SANDBOX_RETRY_SECONDS", "1")),
        )
