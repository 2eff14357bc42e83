"""Settings from the environment, read once, refused loudly when wrong."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
STACK_FILE = "stack.env"
"""In its home the one-machine stack writes here what it tells its parts."""
MODES = ("production", "demo", "test")


class Misconfigured(SystemExit):
    """A setting is missing or wrong; Floe does not start."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides."""

    mode: str
    database_url: str
    redis_url: str
    secret_key: str = field(repr=False)
    root_key: bytes = field(repr=False)
    base_url: str
    home: str
    stripe_secret_key: str = field(repr=False)
    stripe_webhook_secret: str = field(repr=False)
    stripe_api_base: str | None
    smtp_host: str
    smtp_port: int
    smtp_user: str
    smtp_password: str = field(repr=False)
    mail_from: str
    loopback_destinations: frozenset[str]
    pool_size: int
    api_calls_a_minute: int
    proxies: int

    @property
    def is_sandbox(self) -> bool:
        """Whether payments are simulated: the keys decide, nothing else."""
        return self.stripe_api_base is not None

    @property
    def is_demo(self) -> bool:
        """Demo log-ins, /dev/mail and loopback destinations exist."""
        return self.mode in ("demo", "test")


def read(env: Mapping[str, str] | None = None) -> Settings:
    """Settings of this process. Raises `Misconfigured` with one sentence that says what to set.

    Where the environment names no database, a command means the one-machine stack of this folder.
    """
    if env is None:
        env = os.environ if os.environ.get("DATABASE_URL") else _stack_of_this_folder()
    settings = Settings(
        mode=_choice(env, "FLOE_MODE", "production"),
        database_url=_need(env, "DATABASE_URL"),
        redis_url=_need(env, "REDIS_URL"),
        secret_key=_need(env, "SECRET_KEY"),
        root_key=_key(env, "FLOE_ROOT_KEY"),
        base_url=env.get("FLOE_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        home=env.get("FLOE_HOME", ".floe"),
        stripe_secret_key=_need(env, "STRIPE_SECRET_KEY"),
        stripe_webhook_secret=_need(env, "STRIPE_WEBHOOK_SECRET"),
        stripe_api_base=env.get("STRIPE_API_BASE") or None,
        smtp_host=env.get("SMTP_HOST", "127.0.0.1"),
        smtp_port=_number(env, "SMTP_PORT", 25),
        smtp_user=env.get("SMTP_USER", ""),
        smtp_password=env.get("SMTP_PASSWORD", ""),
        mail_from=env.get("SMTP_FROM", "Floe <floe@floe.test>"),
        loopback_destinations=frozenset(
            part.strip()
            for part in env.get("FLOE_ALLOW_LOOPBACK_DESTINATIONS", "").split(",")
            if part.strip()
        ),
        pool_size=_number(env, "FLOE_POOL_SIZE", 4),
        api_calls_a_minute=_number(env, "FLOE_API_CALLS_A_MINUTE", 3000),
        proxies=_number(env, "FLOE_PROXIES", 0),
    )
    _refuse_dangerous(settings)
    return settings


def _stack_of_this_folder() -> Mapping[str, str]:
    file = Path(os.environ.get("FLOE_HOME") or PROJECT / ".floe") / STACK_FILE
    told = file.read_text().splitlines() if file.exists() else []
    given = {name: value for name, value in os.environ.items() if value}
    return {**dict(line.split("=", 1) for line in told), **given}


def _refuse_dangerous(settings: Settings) -> None:
    live = settings.stripe_secret_key.startswith(("sk_live_", "rk_live_"))
    if live and settings.stripe_api_base:
        raise Misconfigured("STRIPE_API_BASE points at the sandbox, but STRIPE_SECRET_KEY is a live key.")
    if live and settings.is_demo:
        raise Misconfigured("FLOE_MODE=demo refuses a live Stripe key.")
    if settings.loopback_destinations and not settings.is_demo:
        raise Misconfigured("FLOE_ALLOW_LOOPBACK_DESTINATIONS is for demo and test only.")


def _need(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise Misconfigured(f"Set {name}. (`make run` sets everything for one machine.)")
    return value


def _choice(env: Mapping[str, str], name: str, default: str) -> str:
    value = env.get(name, default)
    if value not in MODES:
        raise Misconfigured(f"{name} is {value!r}; use one of {', '.join(MODES)}.")
    return value


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, str(default))
    if not value.isdigit():
        raise Misconfigured(f"{name} is {value!r}; use a whole number.")
    return int(value)


def _key(env: Mapping[str, str], name: str) -> bytes:
    try:
        key = base64.b64decode(_need(env, name), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Misconfigured(f"{name} must be 32 random bytes in base64.")
    return key
