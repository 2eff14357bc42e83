"""What the processes of the one-machine stack are told: addresses, ports and secrets.

Invariants: a secret is made once, kept in the home with mode 0600 and never changed (the root key opens the data);
whatever the person has set already in the environment wins.
"""

import base64
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.config import STACK_FILE
from app.embedded.children import CannotStart
from app.embedded.servers import Home

DATABASE = "floe"
DEFAULT_PORT = 8000
LOCAL = "127.0.0.1"

_MAKERS: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(32),
    "FLOE_ROOT_KEY": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    "STRIPE_SECRET_KEY": lambda: "sk_test_sandbox_" + secrets.token_hex(16),
    "STRIPE_WEBHOOK_SECRET": lambda: "whsec_" + secrets.token_hex(24),
}


@dataclass(frozen=True)
class Ports:
    """Where the parts listen, all on the loopback address."""

    web: int
    sandbox: int
    mail: int


def is_given(name: str) -> bool:
    """Whether the person has set it; an empty value counts as not set."""
    return bool(os.environ.get(name))


def web_port() -> int:
    """FLOE_PORT, or 8000. Raises `CannotStart` unless it is a port."""
    text = os.environ.get("FLOE_PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(f"FLOE_PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def base_url(port: int) -> str:
    """The address people and links use."""
    return (os.environ.get("FLOE_BASE_URL") or f"http://{LOCAL}:{port}").rstrip("/")


def demand_free(port: int) -> None:
    """Raises `CannotStart` when something listens on the port already."""
    if not _is_free(port):
        raise CannotStart(
            f"Port {port} is already in use: stop what listens there, or choose another port, "
            f"for example FLOE_PORT={port + 10}."
        )


def kept_port(home: Home, name: str) -> int:
    """A free port for an inner part, the same as last time if it is still free, so that old links keep working."""
    file = home.path / f"{name}.port"
    if file.exists() and (text := file.read_text().strip()).isdecimal() and _is_free(int(text)):
        return int(text)
    with socket.create_server((LOCAL, 0)) as server:
        port: int = server.getsockname()[1]
    file.write_text(f"{port}\n")
    return port


def read_secrets(home: Home) -> dict[str, str]:
    """The stack's secrets, made at the first start. Repeating gives the same ones."""
    file = home.path / "secrets.env"
    kept = dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.exists() else {}
    missing = {name: make() for name, make in _MAKERS.items() if name not in kept}
    if missing:
        kept |= missing
        _write_private(file, "".join(f"{name}={value}\n" for name, value in kept.items()))
    return kept


def environment(home: Home, ports: Ports) -> dict[str, str]:
    """Everything a process of the stack is told, except the owner's database address."""
    ours = {
        **read_secrets(home),
        "DATABASE_URL": home.database_url("app", DATABASE),
        "REDIS_URL": home.valkey_url(),
        "FLOE_BASE_URL": base_url(ports.web),
        "FLOE_MODE": "demo",
    }
    if os.environ.get("FLOE_MODE", "demo") == "demo":
        ours["FLOE_ALLOW_LOOPBACK_DESTINATIONS"] = f"{LOCAL}:{ports.web}"
    if not is_given("STRIPE_SECRET_KEY"):
        ours["STRIPE_API_BASE"] = f"http://{LOCAL}:{ports.sandbox}"
    if not is_given("SMTP_HOST"):
        ours |= {"SMTP_HOST": LOCAL, "SMTP_PORT": str(ports.mail)}
    settled = {"FLOE_HOME": str(home.path), "PYTHONUNBUFFERED": "1"}
    passed = {name: value for name, value in os.environ.items() if value and not _is_kept_back(name)}
    return {**ours, **passed, **settled}


def tell_commands(home: Home, told: Mapping[str, str]) -> None:
    """Write down what the parts are told, for the `flask` command of a person in the same folder."""
    lines = [f"{name}={value}\n" for name, value in told.items() if os.environ.get(name) != value]
    _write_private(home.path / STACK_FILE, "".join(lines))


def owner_url(home: Home) -> str | None:
    """Where the migrations go; None when the database was given without its owner's address."""
    if is_given("DATABASE_URL"):
        return os.environ.get("DATABASE_OWNER_URL") or None
    return home.database_url("owner", DATABASE)


def _is_kept_back(name: str) -> bool:
    # PG* variables of the person's shell would steer every connection; the owner's address is for the migrations
    return name.startswith("PG") or name == "DATABASE_OWNER_URL"


def _is_free(port: int) -> bool:
    try:
        socket.create_server((LOCAL, port)).close()
    except OSError:
        return False
    return True


def _write_private(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
