"""How fast one key may call: counted in Valkey for all web processes together; without Valkey, each counts for itself."""

import time

from flask import Blueprint, Flask, Response, g, request
from flask_limiter import Limiter, RateLimitExceeded

from app.config import Settings
from app.errors import answer


def limiter(app: Flask, settings: Settings) -> Limiter:
    """The counter of this app; whoever is beyond the limit gets a 429 that says how long to wait."""
    address = settings.redis_url
    counter = Limiter(
        _caller,
        app=app,
        storage_uri=f"redis+{address}" if address.startswith("unix://") else address,
        strategy="fixed-window",
        in_memory_fallback_enabled=True,
        swallow_errors=True,  # several threads may meet a dead Valkey before one of them falls back
        key_prefix="floe:calls",
    )

    def too_fast(_error: RateLimitExceeded) -> Response:
        limit = counter.current_limit
        wait = int(limit.reset_at - time.time()) if limit else 60
        details = {"retry_after": min(max(1, wait), 60)}
        return answer(429, "too_many_calls", "Too many calls. Wait a little.", details)

    app.register_error_handler(RateLimitExceeded, too_fast)
    return counter


def pace(counter: Limiter, resource: Blueprint, settings: Settings) -> None:
    """Count the calls to this resource with those to all others, at the key's own pace where that is slower."""

    def pace_of_key() -> str:
        who = getattr(g, "actor", None)
        own = who.calls_a_minute if who else None
        return f"{min(own or settings.api_calls_a_minute, settings.api_calls_a_minute)}/minute"

    counter.shared_limit(pace_of_key, scope="api")(resource)


def _caller() -> str:
    who = getattr(g, "actor", None)
    return str(who.id) if who else request.remote_addr or "unknown"
