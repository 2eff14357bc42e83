"""Rules of the house that a machine can check: each takes one module and says what breaks the rule, in sentences."""

import ast
import re
from collections.abc import Callable, Iterator

from tests.source import Module

LONGEST_FILE, LONGEST_MIGRATION, LONGEST_FUNCTION, MOST_POSITIONAL = 300, 150, 40, 6

VAGUE = {"utils", "util", "helpers", "helper", "service", "services", "manager", "base", "common", "misc"}
"""Names that say nothing about what a file does."""

ONLY_IN = {
    "stripe": {"billing.stripe.client"},
    "aiohttp": {"app.delivery.outbound"},
    "argon2": {"tenants.passwords"},
    "cryptography": {"tenants.crypto"},
    "phonenumbers": {"app.leads.phones"},
    "smtplib": {"tenants.mail"},
    "standardwebhooks": {"app.delivery.signing"},
}
"""A library is imported in one place: that is where it can be replaced."""

_ONLY_TYPES = ("stripe.params", "billing.stripe.sandbox.")
"""The sandbox may read the types of the SDK's requests, nothing else of it."""

CLOCK = "tenants.clock"
_DATABASE_CLOCK = re.compile(
    r"(?<![\w.])now\s*\(\s*\)|\b(current_timestamp|clock_timestamp|localtimestamp)\b", re.IGNORECASE
)
AUDIT_COLUMNS = {"billing.models", "migrations.versions.0004_billing"}
"""`journal.posted_at` is evidence of when a row was really written, so the database says it."""

Rule = Callable[[Module], Iterator[str]]


def short_files(module: Module) -> Iterator[str]:
    longest = LONGEST_MIGRATION if module.name.startswith("migrations.") else LONGEST_FILE
    if module.lines > longest:
        yield f"{module.lines} lines, at most {longest}"


def short_functions(module: Module) -> Iterator[str]:
    for name, function in module.functions():
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield f"{name} has {lines} lines, at most {LONGEST_FUNCTION}"


def few_parameters(module: Module) -> Iterator[str]:
    for name, function in module.functions():
        named = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        count = len(named) - (named[:1] in (["self"], ["cls"]))
        if count > MOST_POSITIONAL:
            yield f"{name} takes {count} positional parameters, at most {MOST_POSITIONAL}"


def telling_names(module: Module) -> Iterator[str]:
    for part in VAGUE.intersection(module.name.split(".")):
        yield f"{part} does not say what it does"


def commits_at_the_doors(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_call and node.func.attr == "commit" and module.name != "tenants.db":
            yield f"line {node.lineno}: only the doors commit"


def libraries_in_one_place(module: Module) -> Iterator[str]:
    for imported in _imports(module):
        allowed = ONLY_IN.get(imported.split(".")[0])
        types, readers = _ONLY_TYPES
        is_types = f"{imported}.".startswith(f"{types}.") and module.name.startswith(readers)
        if allowed is not None and module.name not in allowed and not is_types:
            yield f"imports {imported}, which only {', '.join(allowed)} may"


def _imports(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def time_from_the_clock(module: Module) -> Iterator[str]:
    if module.name == CLOCK:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
            owner = (
                node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            )
            if owner in ("datetime", "date", "func"):
                yield f"line {node.lineno}: {owner}.{node.attr}, not the clock's now()"
    if module.name not in AUDIT_COLUMNS:
        for text in module.strings():
            if found := _DATABASE_CLOCK.search(text):
                yield f"asks the database for the time: {found[0]}"


def sessions_from_the_doors(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("db.session", "database.session"):
            yield f"line {node.lineno}: {ast.unparse(node)} is no door"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Session" and module.name != "tenants.db":
            yield f"line {node.lineno}: makes a session beside the doors"


def platform_doors(module: Module) -> Iterator[tuple[str, int, str]]:
    """Where the role of the platform is taken: function, line, reason given ("" if it is not a plain text)."""
    if module.name == "tenants.db":
        return
    inner = {
        id(node): name for name, function in module.functions() for node in ast.walk(function)
    }  # the innermost function comes last
    for node in ast.walk(module.tree):
        called = node.func if isinstance(node, ast.Call) else None
        door = getattr(called, "id", getattr(called, "attr", ""))
        if isinstance(node, ast.Call) and door in ("platform_transaction", "as_platform"):
            said = node.args[-1] if node.args else None
            reason = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
            yield f"{module.name}:{inner.get(id(node), '(module)')}", node.lineno, reason


def reasons_at_the_platform_doors(module: Module) -> Iterator[str]:
    for caller, line, reason in platform_doors(module):
        if not reason:
            yield f"line {line}: {caller} takes the platform's role without a reason in plain text"


PRODUCT_RULES: tuple[Rule, ...] = (
    commits_at_the_doors,
    libraries_in_one_place,
    time_from_the_clock,
    sessions_from_the_doors,
    reasons_at_the_platform_doors,
)
"""For app, tenants and billing."""

SHAPE_RULES: tuple[Rule, ...] = (short_files, short_functions, few_parameters, telling_names)
"""For tests too."""
