"""Refusals: a rule of a tenant's trade says no, by raising; the edge renders it and nothing was written."""

from typing import Any, ClassVar

from tenants.language import N_


class Refused(Exception):
    """A typed "no" with a sentence for the person and a code for the program."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(Refused):
    """There is no such thing for this tenant: absent and foreign look exactly alike."""

    status, code = 404, "not_found"

    def __init__(self, message: str = N_("There is no such record."), **details: Any) -> None:
        super().__init__(message, **details)


class Forbidden(Refused):
    """The role or the key's scopes do not allow this deed."""

    status, code = 403, "forbidden"


class Invalid(Refused):
    """The input breaks a rule; `fields` names which field and why."""

    status, code = 422, "invalid"


class Busy(Refused):
    """The database is too busy to answer in time; the same request may be sent again."""

    status, code = 503, "busy"

    def __init__(
        self, message: str = N_("Floe is very busy just now. Please try again in a moment."), **details: Any
    ) -> None:
        super().__init__(message, **{"retry_after": 1, **details})
