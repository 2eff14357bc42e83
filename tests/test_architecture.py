"""The shape of the house: imports, sizes, names, doors, clocks, words and locks."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from tenants.errors import Refused
from tests import locks, rules
from tests.platform_callers import REVIEWED, callers
from tests.source import PRODUCT, PROJECT, Module, files, modules

WORDS = tuple(
    "".join(halves)
    for halves in (
        ("/wo", "rk/"), ("TO", "DO"), ("FIX", "ME"), ("DESIGN", ".md"), ("RULES", ".md"), ("DECISIONS", ".md"),
        ("py", "pi.org"), ("python", "hosted.org"), ("--index", "-url"), ("--find", "-links"),
    )
)  # fmt: skip
"""What no file of the project may hold (in halves, so that this one does not)."""

SPEAKS_OF_LOCKS = {
    "Makefile": WORDS[-2:],
    "requirements.txt": WORDS[-2:],
    "tests/requirements.txt": WORDS[-2:],
}
"""`make lock` names the options that keep hosts out of the locks."""

LONG = "def f():\n" + "    x = 1\n" * 40
SAMPLES = [
    (rules.short_files, "app.x", "x = 1\n" * 301),
    (rules.short_files, "migrations.versions.0009_x", "x = 1\n" * 151),
    (rules.short_functions, "app.x", LONG),
    (rules.short_functions, "app.x", "class C:\n    async " + LONG.replace("\n    ", "\n        ")),
    (rules.few_parameters, "app.x", "def f(a, b, c, d, e, f, g): ..."),
    (rules.telling_names, "app.leads.utils", ""),
    (rules.telling_names, "app.common.phones", ""),
    (rules.commits_at_the_doors, "app.market.purchase", "session.commit()"),
    (rules.libraries_in_one_place, "app.pages.money", "import stripe"),
    (rules.libraries_in_one_place, "app.pages.money", "from stripe.checkout import Session"),
    (rules.libraries_in_one_place, "billing.stripe.sandbox.api", "from stripe import StripeClient"),
    (rules.libraries_in_one_place, "app.delivery.drain", "import aiohttp"),
    (rules.time_from_the_clock, "app.x", "datetime.now(UTC)"),
    (rules.time_from_the_clock, "app.x", "datetime.datetime.utcnow()"),
    (rules.time_from_the_clock, "app.x", "date.today()"),
    (rules.time_from_the_clock, "app.x", "at = Column(server_default=func.now())"),
    (rules.time_from_the_clock, "migrations.versions.0009_x", "op.execute('at timestamptz DEFAULT now()')"),
    (rules.time_from_the_clock, "app.x", "text('WHERE due_at < CURRENT_TIMESTAMP')"),
    (rules.sessions_from_the_doors, "app.x", "db.session.add(lead)"),
    (rules.sessions_from_the_doors, "app.x", "with Session(engine) as session: ..."),
    (rules.reasons_at_the_platform_doors, "app.x", "def f(why):\n    with platform_transaction(why): ..."),
    (rules.reasons_at_the_platform_doors, "app.x", "with db.as_platform(session, ''): ..."),
]  # fmt: skip


def _broken(rule: rules.Rule, *folders: str) -> list[str]:
    return [f"{module.name}: {fault}" for module in modules(*folders) for fault in rule(module)]


@pytest.mark.parametrize("rule", rules.PRODUCT_RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps(rule: rules.Rule) -> None:
    assert not _broken(rule, *PRODUCT)


@pytest.mark.parametrize("rule", rules.SHAPE_RULES, ids=lambda rule: rule.__name__)
def test_product_and_tests_keep(rule: rules.Rule) -> None:
    assert not _broken(rule, *PRODUCT, "tests")


@pytest.mark.parametrize(
    "rule", [rules.short_files, rules.time_from_the_clock], ids=lambda rule: rule.__name__
)
def test_migrations_keep(rule: rules.Rule) -> None:
    assert not _broken(rule, "migrations")


@pytest.mark.parametrize(("rule", "name", "text"), SAMPLES)
def test_a_rule_notices_what_breaks_it(rule: rules.Rule, name: str, text: str) -> None:
    assert list(rule(Module(name, text)))


def test_imports_point_down() -> None:
    # in a process of its own: the linter silences every logger it finds
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    told = subprocess.run(
        (sys.executable, "-c", lint), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout


def test_who_takes_the_role_of_the_platform_is_reviewed() -> None:
    reviewed, found = REVIEWED.read_text(encoding="utf-8").splitlines(), callers()
    new, gone = sorted(set(found) - set(reviewed)), sorted(set(reviewed) - set(found))
    assert (new, gone) == ([], []), "not as reviewed: read it, then `python -m tests.platform_callers`"


def test_every_refusal_has_a_code_and_a_sentence_about_it() -> None:
    assert len(list(_imported())) > 50
    kinds = list(_refusals(Refused))
    assert len(kinds) > 5
    for kind in kinds:
        assert "code" in vars(kind), f"{kind.__qualname__} has no code"
        assert kind.status in (*range(400, 500), 502, 503), (
            f"{kind.__qualname__} is no refusal: {kind.status}"
        )
        assert kind.__doc__, f"{kind.__qualname__} has no docstring"


def _refusals(kind: type[Refused]) -> Iterator[type[Refused]]:
    for child in kind.__subclasses__():
        if child.__module__.split(".")[0] in PRODUCT:
            yield child
        yield from _refusals(child)


def _imported() -> Iterator[ModuleType]:
    for package in map(importlib.import_module, PRODUCT):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def test_no_file_holds_a_word_that_must_not_leave_the_workshop() -> None:
    assert not [
        f"{path}: {word}"
        for path, text in files()
        for word in WORDS
        if word in text and word not in SPEAKS_OF_LOCKS.get(path, ())
    ]


def test_every_dependency_has_a_reason_and_a_version() -> None:
    assert not [d.name for d in locks.asked(locks.read("requirements.in")) if not (d.version and d.reason)]


@pytest.mark.parametrize("folder", ["", "tests/"])
def test_locks_are_in_step(folder: str) -> None:
    lock = locks.pinned(locks.read(f"{folder}requirements.txt"))
    for wanted in locks.asked(locks.read(f"{folder}requirements.in")):
        assert wanted.name in lock, f"{wanted.name} is not locked: run `make lock`"
        assert wanted.version in (None, lock[wanted.name]), f"{wanted.name} is locked at {lock[wanted.name]}"


def test_tests_run_on_what_the_product_runs_on() -> None:
    ours, theirs = (locks.pinned(locks.read(path)) for path in ("requirements.txt", "tests/requirements.txt"))
    assert {name: theirs.get(name) for name in ours} == ours


@pytest.mark.parametrize("path", ["requirements.txt", "tests/requirements.txt"])
def test_locks_hold_hashes_and_no_address(path: str) -> None:
    lines = [line.strip() for line in locks.read(path).splitlines()]
    assert not [line for line in lines if line.startswith(WORDS[-2:]) or "://" in line]
    pins = [line for line in lines if "==" in line and not line.startswith("#")]
    assert pins
    assert all(line.endswith("\\") for line in pins), "a pin without hashes"
