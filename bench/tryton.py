"""A Tryton 8.2 server of its own, spoken to as its desktop client does: JSON-RPC over HTTP, `import_data` of parties.

Tryton is GPL: nothing of it is imported here or needed by Floe. It is installed for the time of a measurement into a venv
that only its own processes use, with a database of its own on the PostgreSQL server of the benchmark.
"""

import base64
import csv
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

PACKAGES = ("trytond==8.2.*", "trytond-party==8.2.*", "psycopg[binary]", "psycopg_pool", "phonenumbers")
DATABASE, PASSWORD = "tryton", "bench-Tryton-8.2"
FIELDS = ["name", "code", "contact_mechanisms/type", "contact_mechanisms/value"]


def installed(folder: Path) -> Path:
    """The interpreter of a fresh venv that has Tryton."""
    subprocess.run((sys.executable, "-m", "venv", str(folder / "venv")), check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run((str(python), "-m", "pip", "install", "--quiet", *PACKAGES), check=True)
    return python


class Client:
    """One logged-in user of the server."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port)
        self._headers = {"Content-Type": "application/json"}
        user_id, token = self.call("common.db.login", "admin", {"password": PASSWORD})[:2]
        session = base64.b64encode(f"admin:{user_id}:{token}".encode()).decode()
        self._headers["Authorization"] = f"Session {session}"

    def call(self, method: str, *params: object) -> Any:
        """The result of one remote call; a refusal is an error."""
        body = json.dumps({"id": 1, "method": method, "params": params})
        self._connection.request("POST", f"/{DATABASE}/rpc/", body, self._headers)
        answer = self._connection.getresponse()
        read = answer.read()
        assert answer.status == 200, (answer.status, read[:1000])
        told = json.loads(read)
        assert "error" not in told, told["error"]
        return told["result"]

    def seconds(self, data: bytes) -> float:
        """Seconds to read a file of leads and import all its people, in one call."""
        started = time.perf_counter()
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        count = self.call("model.party.party.import_data", FIELDS, _lines(rows), {})
        assert count == len(rows), count
        return time.perf_counter() - started


def _lines(rows: Sequence[dict[str, str]]) -> list[list[str]]:
    """A party with its phone, and below it a line with its e-mail."""
    lines = []
    for row in rows:
        lines.append([row["Name"], row["Lead ID"], "phone", row["Phone"]])
        lines.append(["", "", "email", row["Email"]])
    return lines


@contextmanager
def serving(python: Path, superuser: str, folder: Path) -> Iterator[Client]:
    """Tryton with its party module, set up in an empty database; yields its client."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder / "trytond.conf"
    settings.write_text(f"[database]\nuri = postgresql://\n[web]\nlisten = 127.0.0.1:{port}\n")
    password = folder / "password"
    password.write_text(PASSWORD)
    host = parse_qs(urlsplit(superuser).query)["host"][0]
    env = {**os.environ, "PGHOST": host, "PGUSER": "postgres", "TRYTONPASSFILE": str(password)}
    programs, named = python.parent, ("-c", str(settings), "-d", DATABASE)
    _set_up(
        (str(programs / "trytond-admin"), *named, "--all", "--email", "bench@floe.test"), env, "the kernel"
    )
    _set_up(
        (str(programs / "trytond-admin"), *named, "-u", "party", "--activate-dependencies"), env, "parties"
    )
    server = subprocess.Popen((str(programs / "trytond"), *named), env=env, stderr=subprocess.DEVNULL)
    try:
        yield _client(server, port)
    finally:
        server.terminate()
        server.wait()


def _set_up(command: Sequence[str], env: dict[str, str], what: str) -> None:
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Tryton could not set up {what}:\n{done.stdout}{done.stderr}")


def _client(server: subprocess.Popen[bytes], port: int) -> Client:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            return Client(port)
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("Tryton did not answer")
