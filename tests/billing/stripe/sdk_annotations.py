"""Holds a JSON object of the sandbox against the pinned SDK's own resource classes: keys, types, enums."""

import types
import typing
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject, UntypedStripeObject

_PLAIN = {str: str, int: int, bool: bool, float: (int, float), Decimal: str}


def problems(body: Mapping[str, Any]) -> list[str]:
    """Everything in which `body`, which names its own kind in `object`, differs from the SDK's idea of that kind."""
    return list(_named(body, body["object"]))


def _named(body: Mapping[str, Any], path: str) -> Iterator[str]:
    if body["object"] == "list":
        yield from _list(None, body, path)
    else:
        yield from _object(get_object_class("V1", body["object"]), body, path)


def _object(owner: type, body: Any, path: str) -> Iterator[str]:
    if not isinstance(body, Mapping):
        yield f"{path}: not an object but {body!r}"
        return
    remapped = getattr(owner, "_field_remappings", {})
    hints = {
        remapped.get(name, name): hint
        for name, hint in owner.__annotations__.items()
        if get_origin(hint) is not ClassVar and not name.startswith("_")
    }
    for name, hint in hints.items():
        if name in body:
            yield from _value(hint, body[name], f"{path}.{name}")
        elif type(None) not in get_args(hint):
            yield f"{path}.{name}: required, missing"
    yield from (f"{path}.{name}: unknown to the SDK" for name in body if name not in hints)


def _value(hint: Any, value: Any, path: str) -> Iterator[str]:
    origin, arms = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        yield from _union(arms, value, path)
    elif origin is Literal:
        if value not in arms:
            yield f"{path}: {value!r} is none of {arms[:8]}"
    elif origin in (list, ListObject, UntypedStripeObject):
        yield from _many(origin, arms[0], value, path)
    elif isinstance(hint, ForwardRef):
        yield from _named(value, path)
    elif isinstance(hint, type) and issubclass(hint, StripeObject):
        yield from _object(hint, value, path)
    else:
        yield from _plain(hint, value, path)


def _plain(hint: Any, value: Any, path: str) -> Iterator[str]:
    if hint is typing.Any:
        return
    if not isinstance(value, _PLAIN[hint]) or isinstance(value, bool) != (hint is bool):
        yield f"{path}: {value!r} is no {hint.__name__}"


def _many(origin: Any, item: Any, value: Any, path: str) -> Iterator[str]:
    if origin is ListObject:
        yield from _list(item, value, path)
        return
    rows = value.items() if isinstance(value, Mapping) else enumerate(value)
    if isinstance(value, Mapping) != (origin is UntypedStripeObject):
        yield f"{path}: {value!r} is no {origin.__name__}"
    for name, row in rows:
        yield from _value(item, row, f"{path}.{name}")


def _union(arms: tuple[Any, ...], value: Any, path: str) -> Iterator[str]:
    if value is None:
        if type(None) not in arms:
            yield f"{path}: may not be null"
        return
    literals = [arm for arm in arms if get_origin(arm) is Literal]
    if isinstance(value, str) and literals:
        yield from _value(literals[0], value, path)
        return
    if isinstance(value, str) and str in arms:
        return
    structured = [arm for arm in arms if arm not in (str, type(None))]
    yield from _value(structured[0], value, path) if structured else iter([f"{path}: {value!r} fits no arm"])


def _list(item: Any, body: Mapping[str, Any], path: str) -> Iterator[str]:
    if set(body) != {"object", "data", "has_more", "url"} or not isinstance(body["has_more"], bool):
        yield f"{path}: not a list envelope: {sorted(body)}"
    for index, row in enumerate(body["data"]):
        yield from _value(item, row, f"{path}[{index}]") if item else _named(row, f"{path}[{index}]")
