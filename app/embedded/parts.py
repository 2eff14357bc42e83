"""The parts of the one-machine stack, in the order they start: a table to read aloud.

Invariant: a part that the environment gives already (a managed server) is not started.
"""

import http.client
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app.embedded.children import Child, Command
from app.embedded.environment import DATABASE, LOCAL, Ports, base_url, is_given, owner_url
from app.embedded.servers import SUPERUSER, Home, start_postgres, start_valkey
from tenants.cluster import prepare

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
PYTHON = sys.executable
FLASK = (PYTHON, "-m", "flask", "--app", "wsgi")


@dataclass(frozen=True)
class Site:
    """One stack: its home, its ports, what its processes are told, and whether the person asked to stop."""

    home: Home
    ports: Ports
    environment: Mapping[str, str]
    ask_to_stop: Callable[[], bool]
    tell: Callable[[str], None] | None = None
    """Hears how far a long step is."""

    def child(self, name: str, *arguments: str, **more: str) -> Child:
        environment = {**self.environment, **more}
        return Child(Command(name, arguments, environment, PROJECT, self.home.log(name)))

    def step(self, name: str, *arguments: str, **more: str) -> None:
        """Run something that ends by itself."""
        child = self.child(name, *arguments, **more)
        try:
            child.run_to_end(self.ask_to_stop, self.tell)
        finally:
            child.stop()


@dataclass(frozen=True)
class Part:
    """`start` returns the process to watch, or None when the part was a step that has ended."""

    name: str
    start: Callable[[Site], Child | None]
    given_by: str = ""
    is_started_again: bool = True
    """When its process ends by itself; else the stack stops."""

    def is_given(self) -> bool:
        return bool(self.given_by) and is_given(self.given_by)


def _postgres(site: Site) -> Child:
    child = start_postgres(site.home, site.ask_to_stop)
    try:
        prepare(site.home.database_url(SUPERUSER, "postgres"), DATABASE)
    except BaseException:
        child.stop()
        raise
    return child


def _valkey(site: Site) -> Child:
    return start_valkey(site.home, site.ask_to_stop)


def _migrate(site: Site) -> None:
    if url := owner_url(site.home):
        site.step("migrate", *FLASK, "db", "upgrade", DATABASE_OWNER_URL=url)


def _translations(site: Site) -> None:
    folder = PROJECT / "app" / "translations"
    catalogs = list(folder.glob("*/LC_MESSAGES/*.po"))
    if any(_is_older(catalog.with_suffix(".mo"), catalog) for catalog in catalogs):
        site.step("translations", PYTHON, "-m", "babel.messages.frontend", "-q", "compile", "-d", str(folder))


def _sandbox(site: Site) -> Child:
    port = site.ports.sandbox
    child = site.child(
        "sandbox",
        PYTHON,
        "-m",
        "billing.stripe.sandbox",
        SANDBOX_PORT=str(port),
        SANDBOX_HOME=str(site.home.path / "sandbox"),
        WEBHOOK_URL=f"{base_url(site.ports.web)}/webhooks/stripe",
    )
    return _answering(site, child, port, "/healthz")


def _mail(site: Site) -> Child:
    child = site.child("mail", PYTHON, "-m", "app.mailcatcher")
    return _answering(site, child, site.ports.mail)


def _demo(site: Site) -> None:
    url = owner_url(site.home)
    is_simulated = "STRIPE_API_BASE" in site.environment
    if site.environment["FLOE_MODE"] == "demo" and is_simulated and url and _wants_demo(url):
        site.step("demo", *FLASK, "demo", DATABASE_OWNER_URL=url)


def _web(site: Site) -> Child:
    address = f"{LOCAL}:{site.ports.web}"
    # the control socket's default path would be shared by every stack of this user
    options = ("--no-control-socket", "-k", "gthread", "-w", "2", "--threads", "4", "-b", address)
    child = site.child("web", PYTHON, "-m", "gunicorn", *options, "wsgi:app")
    return _answering(site, child, site.ports.web, "/readyz")


def _worker(queue: str, name: str = "") -> Callable[[Site], Child]:
    return lambda site: site.child(name or f"worker-{queue}", PYTHON, "-m", "app.worker", queue)


def _scheduler(site: Site) -> Child:
    return site.child("scheduler", PYTHON, "-m", "app.scheduler")


PARTS = (
    Part("postgres", _postgres, given_by="DATABASE_URL", is_started_again=False),
    Part("valkey", _valkey, given_by="REDIS_URL"),
    Part("migrate", _migrate),
    Part("translations", _translations),
    Part("sandbox", _sandbox, given_by="STRIPE_SECRET_KEY"),
    Part("mail", _mail, given_by="SMTP_HOST"),
    Part("demo", _demo),
    Part("web", _web),
    Part("worker-fast", _worker("fast")),
    Part("worker-slow", _worker("slow")),
    Part("worker-slow-2", _worker("slow", "worker-slow-2")),
    Part("worker-deliveries", _worker("deliveries")),
    Part("scheduler", _scheduler),
)


def _answering(site: Site, child: Child, port: int, path: str | None = None) -> Child:
    try:
        child.wait_until(lambda: _answers(port, path), READY_SECONDS, site.ask_to_stop)
    except BaseException:
        child.stop()
        raise
    return child


def _answers(port: int, path: str | None) -> bool:
    connection = http.client.HTTPConnection(LOCAL, port, timeout=5)
    try:
        connection.connect()
        if path is None:
            return True
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _is_older(file: Path, than: Path) -> bool:
    return not file.exists() or file.stat().st_mtime < than.stat().st_mtime


def _wants_demo(url: str) -> bool:
    """Nobody is there yet, or a demo was cut off before its end."""
    question = """SELECT NOT EXISTS (SELECT FROM tenant)
      OR EXISTS (SELECT FROM user_account WHERE email_normal = 'operator@floe.test')
        AND NOT EXISTS (SELECT FROM audit WHERE action = 'demo.finished')"""
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        found = connection.execute(question).fetchone()
    return found is not None and bool(found[0])
