"""Trouble on demand: the next calls fail the way real networks and real Stripe fail."""

import threading
from dataclasses import dataclass

from billing.stripe.sandbox.refusals import ApiError

MODES = ("error_after_commit", "timeout", "rate_limit", "conflict")


@dataclass(frozen=True)
class Fault:
    """`timeout` answers `seconds` late, after the work was done; `operation` limits it to addresses that contain it."""

    mode: str
    seconds: float = 30.0
    operation: str = ""


class FaultPlan:
    """The faults still to come, in order; each call takes at most one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []

    def plan(self, fault: Fault, count: int) -> None:
        with self._lock:
            self._planned.extend([fault] * count)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def take(self, path: str) -> Fault | None:
        """The fault this call has to suffer, if any."""
        with self._lock:
            for index, fault in enumerate(self._planned):
                if fault.operation in path:
                    return self._planned.pop(index)
        return None


def refuse_at_once(fault: Fault | None) -> None:
    """The two faults in which Stripe does nothing at all."""
    if fault and fault.mode == "rate_limit":
        raise ApiError(
            429, "invalid_request_error", "Too many requests hit the API too quickly.", code="rate_limit"
        )
    if fault and fault.mode == "conflict":
        raise in_progress()


def in_progress() -> ApiError:
    """Another call with the same idempotency key is still being answered."""
    told = (
        "There is currently another in-progress request using this Idempotency Key. Please try again later."
    )
    return ApiError(409, "idempotency_error", told, code="idempotency_key_in_use")


def server_error() -> ApiError:
    """Stripe broke after it had done the work: nobody can tell from the answer."""
    return ApiError(500, "api_error", "An unknown error occurred (planned by the sandbox).")
