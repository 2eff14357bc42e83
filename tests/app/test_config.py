"""Settings come from the environment; without one, a command means the one-machine stack of its folder."""

from pathlib import Path

import pytest

from app.config import Misconfigured, read
from tests.servers import SECRETS

STACK = SECRETS | {
    "DATABASE_URL": "postgresql+psycopg://app@/floe",
    "REDIS_URL": "unix:///valkey",
    "FLOE_MODE": "demo",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in STACK:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLOE_HOME", str(tmp_path))
    return tmp_path


def test_a_command_finds_the_stack_of_its_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "stack.env").write_text("".join(f"{name}={value}\n" for name, value in STACK.items()))
    assert (read().database_url, read().is_demo) == (STACK["DATABASE_URL"], True)
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://elsewhere/floe")
    with pytest.raises(Misconfigured, match="REDIS_URL"):
        read()


def test_without_a_stack_it_says_what_to_set(home: Path) -> None:
    with pytest.raises(
        Misconfigured, match=r"Set DATABASE_URL\. \(`make run` sets everything for one machine\.\)"
    ):
        read()
