"""Pages of one kind of tenant: for the others there is no such page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from app.guard import actor
from tenants.errors import NotFound
from tenants.language import N_


def only_for(*kinds: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The route exists for tenants of these kinds. Raises `NotFound` for the others; stands beneath `@allow`."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(**values: Any) -> Any:
            if actor().card().kind not in kinds:
                raise NotFound(N_("Your organisation has no such page."))
            return view(**values)

        return guarded

    return mark
