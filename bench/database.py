"""A migrated database for a benchmark: durable (every commit reaches the disk), with its own server, gone afterwards."""

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

from app import background
from app.embedded.servers import leave, open_home, start_postgres
from tenants import crypto, db, letters
from tests.servers import SECRETS, TEMPLATE, Servers, template_database, urls

SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB", "max_connections": "100"}


@contextmanager
def durable_database() -> Iterator[str]:
    """The doors of this process lead to it; yields its address for the role `app`, for other processes."""
    with tempfile.TemporaryDirectory(prefix="floe-bench-") as folder:
        servers = Servers(open_home(Path(folder)))
        postgres = start_postgres(servers.home, lambda: False, SETTINGS)
        try:
            template_database(servers)
            url = urls(servers, TEMPLATE).app
            engine = create_engine(url, hide_parameters=True)
            crypto.use_root_key(base64.b64decode(SECRETS["FLOE_ROOT_KEY"]))
            letters.use_base_url("http://127.0.0.1")
            background.load()
            db.use(engine)
            yield url
            engine.dispose()
        finally:
            postgres.stop()
            leave(servers.home)


def analyze(url: str) -> None:
    """Fresh statistics for the planner, as autovacuum would make them."""
    import psycopg

    superuser = url.replace("+psycopg", "", 1).replace("//app@", "//postgres@")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("ANALYZE")
