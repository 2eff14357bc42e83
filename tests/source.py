"""The product's own source, read as text and as syntax trees, for the tests of its shape."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PRODUCT = ("app", "tenants", "billing")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file; `name` is dotted, as it is imported."""

    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parse(self.text)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function, also of classes and within functions, with its qualified name."""
        yield from _functions(self.tree, "")

    def strings(self) -> Iterator[str]:
        """Every text in the code; docstrings are left out."""
        spoken = {
            id(node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
                yield node.value


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """All Python files of these folders."""
    return tuple(
        Module(".".join(path.relative_to(PROJECT).with_suffix("").parts), path.read_text(encoding="utf-8"))
        for package in packages
        for path in sorted((PROJECT / package).rglob("*.py"))
    )


def files() -> Iterator[tuple[str, str]]:
    """Every text file of the project that is not generated on this machine, with its path."""
    for path in sorted(PROJECT.rglob("*")):
        parts = path.relative_to(PROJECT).parts
        if any((part.startswith(".") and part != ".ci") or part == "__pycache__" for part in parts):
            continue
        if path.is_file():
            try:
                yield "/".join(parts), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a picture or the like


@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


def _functions(node: ast.AST, within: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield f"{within}{child.name}", child
            yield from _functions(child, f"{within}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{within}{child.name}.")
        else:
            yield from _functions(child, within)
