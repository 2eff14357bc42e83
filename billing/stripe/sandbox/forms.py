"""Reads the v1 wire format, `a[b][0][c]=value`, into nested dicts; every leaf is still text.

Lists arrive as dicts with number keys, `a[]` appends; the parameter types decide what a list is.
"""

from typing import Any

from billing.stripe.sandbox.refusals import invalid_request

_DEEPEST = 8


def read_form(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The parameters as one tree. A key that is both a value and a branch is refused."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        _plant(tree, _steps(key), key, value)
    return tree


def bracketed(path: tuple[str | int, ...]) -> str:
    """The way back: the path of a parameter as Stripe names it in an error."""
    first, *rest = (str(step) for step in path)
    return first + "".join(f"[{step}]" for step in rest)


def _steps(key: str) -> list[str]:
    head, *rest = key.split("[")
    if not head or any(not step.endswith("]") for step in rest) or len(rest) > _DEEPEST:
        raise invalid_request(f"Invalid parameter name: {key}", "parameter_unknown", key)
    return [head, *(step[:-1] for step in rest)]


def _plant(tree: dict[str, Any], steps: list[str], key: str, value: str) -> None:
    branch: Any = tree
    for step in steps[:-1]:
        branch = branch.setdefault(step or str(len(branch)), {})
        if not isinstance(branch, dict):
            raise invalid_request(f"Invalid object: {key}", param=key)
    last = steps[-1] or str(len(branch))
    if last in branch:
        raise invalid_request(f"Received the parameter twice: {key}", param=key)
    branch[last] = value
