"""Judges a request by the parameter types of the pinned SDK, so that the sandbox refuses what Stripe would refuse.

Three answers: a value the types do not know is a 400 as from Stripe; a parameter they know and the sandbox does not
honour is a 501; what is left comes back as real numbers, booleans and lists.
"""

import sys
import types
import typing
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin

from stripe.params import CustomerCreateParams

from billing.stripe.sandbox.forms import bracketed
from billing.stripe.sandbox.refusals import invalid_request, not_implemented

Path = tuple[str | int, ...]

# Every parameter class of the SDK inherits the options of the call (key, version…): they are no parameters.
_CALL_OPTIONS = frozenset(
    vars(sys.modules[CustomerCreateParams.__module__])["RequestOptions"].__annotations__
)

_MOST_DIGITS = 15

# Parameters that left the API: Stripe names the reason. Source: its changelog, endive 2026-09-30.
_REMOVED = {"payment_method_types": "payment_method_types_no_longer_supported"}


def judge(params_type: type, sent: dict[str, Any], honoured: frozenset[str]) -> dict[str, Any]:
    """The typed parameters of one call. `honoured` lists the dotted paths the operation really acts on."""
    judged = _object(params_type, sent, ())
    for path in _leaves(judged, ()):
        words = [step for step in path if isinstance(step, str)]
        if not any(".".join(words[:depth]) in honoured for depth in range(1, len(words) + 1)):
            raise not_implemented(f"the parameter {bracketed(path)}", bracketed(path))
    return judged


def _leaves(value: Any, path: Path) -> list[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [leaf for step, part in inner for leaf in _leaves(part, (*path, step))]
    return found or ([path] if path else [])


@lru_cache(maxsize=4096)
def _hint(owner: type, name: str) -> Any:
    # One key at a time: the whole class names types that exist only for type checkers.
    one = types.SimpleNamespace(__annotations__={name: owner.__annotations__[name]})
    return typing.get_type_hints(one, vars(sys.modules[owner.__module__]))[name]


def _object(owner: type, sent: Any, path: Path) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise invalid_request("Invalid object", param=bracketed(path))
    known = [name for name in owner.__annotations__ if path or name not in _CALL_OPTIONS]
    for name in sent:
        if name not in known:
            raise _unknown((*path, name))
    required = typing.cast(Any, owner).__required_keys__
    for name in known:
        if name in required and name not in sent:
            where = bracketed((*path, name))
            raise invalid_request(f"Missing required param: {where}.", "parameter_missing", where)
    return {name: _value(_hint(owner, name), value, (*path, name)) for name, value in sent.items()}


def _unknown(path: Path) -> Exception:
    where = bracketed(path)
    if where in _REMOVED:
        return invalid_request(f"The parameter {where} is no longer supported.", _REMOVED[where], where)
    return invalid_request(f"Received unknown parameter: {where}", "parameter_unknown", where)


def _value(hint: Any, value: Any, path: Path) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint), value, path)
    if origin is Literal:
        return _literal(get_args(hint), value, path)
    if origin in (list, typing.Sequence):
        return _list(get_args(hint)[0], value, path)
    if origin is dict:
        return _mapping(get_args(hint)[1], value, path)
    if typing.is_typeddict(hint) or hasattr(hint, "__required_keys__"):
        return _object(hint, value, path)
    return _scalar(hint, value, path)


def _union(arms: tuple[Any, ...], value: Any, path: Path) -> Any:
    literals = [word for arm in arms if get_origin(arm) is Literal for word in get_args(arm)]
    if value == "" and "" in literals:
        return ""
    branches = [arm for arm in arms if get_origin(arm) in (dict, list) or hasattr(arm, "__required_keys__")]
    leaves = [arm for arm in arms if arm in (str, int, bool, float, Decimal)]
    if isinstance(value, dict) and branches:
        return _value(branches[0], value, path)
    # The SDK writes enums as Literal | str so that old code reads new words; for a request the Literal decides.
    if any(literals):
        return _literal(tuple(literals), value, path)
    if not leaves:
        raise invalid_request("Invalid object" if branches else "Invalid value", param=bracketed(path))
    return _scalar(leaves[0], value, path)


def _literal(words: tuple[Any, ...], value: Any, path: Path) -> Any:
    if value in words:
        return value
    listed = ", ".join(str(word) for word in words[:40])
    raise invalid_request(f"Invalid {bracketed(path)}: must be one of {listed}", param=bracketed(path))


def _list(item: Any, value: Any, path: Path) -> list[Any]:
    if not isinstance(value, dict) or not all(_is_number(key) for key in value):
        raise invalid_request("Invalid array", param=bracketed(path))
    ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
    return [_value(item, part, (*path, index)) for index, (_, part) in enumerate(ordered)]


def _mapping(item: Any, value: Any, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid_request("Invalid object", param=bracketed(path))
    return {key: _value(item, part, (*path, key)) for key, part in value.items()}


def _scalar(kind: Any, value: Any, path: Path) -> Any:
    where = bracketed(path)
    if not isinstance(value, str):
        raise invalid_request("Invalid string", param=where)
    if value == "" and "metadata" not in path:
        raise invalid_request(f"You passed an empty string for '{where}'.", "parameter_invalid_empty", where)
    if kind is bool:
        return _boolean(value, where)
    if kind is int:
        return _integer(value, where)
    if kind in (float, Decimal):
        return _decimal(value, where)
    return value


def _integer(value: str, where: str) -> int:
    digits = value.removeprefix("-")
    if not _is_number(digits):
        raise invalid_request(f"Invalid integer: {value[:40]}", "parameter_invalid_integer", where)
    return int(value)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS


def _boolean(value: str, where: str) -> bool:
    if value not in ("true", "false"):
        raise invalid_request(f"Invalid boolean: {value}", param=where)
    return value == "true"


def _decimal(value: str, where: str) -> str:
    try:
        Decimal(value)
    except InvalidOperation:
        raise invalid_request(f"Invalid decimal: {value}", param=where) from None
    return value
