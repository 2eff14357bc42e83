"""Reads a file made by code in a small process of its own, and tells what the reading process took.

The kernel counts a child's largest memory from its fork, so the parent must be small for the figure to mean the child.
"""

import importlib
import json
import os
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    root = sys.argv[1]
    sys.path[:0] = [root]
    for package in ("app", "app.leads"):
        sys.modules[package] = types.ModuleType(package)
        sys.modules[package].__path__ = [f"{root}/{package.replace('.', '/')}"]

from tests.app.leads.files.hostile import HOSTILE

PROJECT = Path(__file__).parents[4]
STREAM = "(a stream)"


def measure(name: str, made: Path) -> dict[str, float | str]:
    """What became of the hostile file of this name: the code of its refusal ("" if read), seconds, megabytes."""
    if not name.endswith(STREAM):
        made.write_bytes(b"".join(HOSTILE[name]()))
    command = (sys.executable, str(Path(__file__)), str(PROJECT), name, str(made))
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(told.stdout.splitlines()[-1]))


def _main(name: str, made: str) -> None:
    sandbox = importlib.import_module("app.leads.files.sandbox")
    kinds = importlib.import_module("app.leads.files.kinds")
    layout = importlib.import_module("app.leads.files.layout")
    pieces = HOSTILE[name]() if name.endswith(STREAM) else _pieces(Path(made))
    taken = []
    wait4 = os.wait4

    def noted(pid: int, options: int) -> tuple[int, int, object]:
        found = wait4(pid, options)
        taken.append(found[2])
        return found

    os.wait4 = noted  # type: ignore[assignment]
    code = ""
    try:
        if name.startswith("rows: "):
            told = layout.Layout("csv", "", "utf-8", ",", '"', header_row=1, header_rows=1, width=2)
            for _ in sandbox.blocks(pieces, told):
                pass
        else:
            sandbox.look_at(pieces)
    except kinds.BadFile as refusal:
        code = refusal.code
    (usage,) = taken
    cpu = usage.ru_utime + usage.ru_stime
    print(json.dumps({"code": code, "cpu_seconds": cpu, "megabytes": usage.ru_maxrss / 1024}))  # noqa: T201


def _pieces(made: Path) -> Iterator[bytes]:
    with made.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


if __name__ == "__main__":
    _main(*sys.argv[2:])
