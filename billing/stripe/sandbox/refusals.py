"""The ways Stripe says no, in the shape its API says it. A refused call has changed nothing."""

from typing import Any


class ApiError(Exception):
    """One error answer: HTTP status plus Stripe's `type`, `code`, `message` and `param`."""

    def __init__(
        self, status: int, kind: str, message: str, *, code: str | None = None, param: str | None = None
    ):
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.code = code
        self.param = param

    def body(self) -> dict[str, Any]:
        told = {"code": self.code, "message": self.message, "param": self.param, "type": self.kind}
        return {"error": {name: value for name, value in told.items() if value is not None}}


def invalid_request(message: str, code: str | None = None, param: str | None = None) -> ApiError:
    """The call itself is wrong: 400."""
    return ApiError(400, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, wanted_id: str, param: str = "id") -> ApiError:
    """No such object under this key: 404, also for another account's object."""
    name = kind.replace(".", " ").replace("_", " ")
    message = f"No such {name}: '{wanted_id}'"
    return ApiError(404, "invalid_request_error", message, code="resource_missing", param=param)


def not_implemented(what: str, param: str | None = None) -> ApiError:
    """Real Stripe can do this and the sandbox cannot: 501, never a made-up answer."""
    message = f"The Floe Stripe sandbox does not implement {what}. Real Stripe may."
    return ApiError(501, "api_error", message, code="sandbox_not_implemented", param=param)
