"""The same request sent twice does its deed once: `Idempotency-Key`.

Invariants: only successes are remembered, a refusal is judged anew; the key belongs to one tenant, one operation and one
body; what is remembered is written in the transaction of the deed; a secret that is shown once is not remembered, nor is
a deed that was only tried.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, g, make_response, request
from sqlalchemy import text

from app.guard import actor, session
from tenants import clock
from tenants.errors import Refused
from tenants.language import N_

HEADER = "Idempotency-Key"
_FORM = re.compile(r"[!-~]{1,255}")

_CLAIM = text("""
INSERT INTO idempotency (tenant_id, route, key, request_hash, created_at)
VALUES (:tenant, :route, :key, :hash, :at) ON CONFLICT DO NOTHING RETURNING true
""")
_STORED = text("""
SELECT request_hash, response FROM idempotency WHERE tenant_id = :tenant AND route = :route AND key = :key
""")
_KEEP = text("""
UPDATE idempotency SET response = CAST(:response AS jsonb)
WHERE tenant_id = :tenant AND route = :route AND key = :key
""")


_FORGET = text("DELETE FROM idempotency WHERE tenant_id = :tenant AND route = :route AND key = :key")


class KeyMissing(Refused):
    """This operation moves money, so it wants an Idempotency-Key; nothing was written."""

    status, code = 400, "idempotency_key_missing"


class KeyMalformed(Refused):
    """An Idempotency-Key is 1 to 255 visible ASCII characters; nothing was written."""

    status, code = 422, "idempotency_key_malformed"


class RequestKeyReused(Refused):
    """The Idempotency-Key was used for another request; nothing was written."""

    status, code = 422, "key_reused"


class StillRunning(Refused):
    """The first request with this Idempotency-Key is still under way; nothing was written by this one."""

    status, code = 409, "in_progress"


def required_key() -> str:
    """The request's key, for deeds that remember it themselves. Raises `KeyMissing` or `KeyMalformed`."""
    key = _key()
    if key is None:
        raise KeyMissing(N_("Send an Idempotency-Key header, so that the deed is done once."))
    return key


def once(view: Callable[..., Any], operation: str, forgets: tuple[str, ...]) -> Callable[..., Any]:
    """The view, done once for a key; a repetition gets the first answer, without what `forgets` names."""

    def done_once(*args: Any, **kwargs: Any) -> Any:
        key = _key()
        if key is None:
            return view(*args, **kwargs)
        values = {
            "tenant": actor().card().id,
            "route": operation,
            "key": key,
            "hash": _hash(),
            "at": clock.now(),
        }
        if session().execute(_CLAIM, values).scalar() is None:
            return _again(values)
        answer = make_response(view(*args, **kwargs))
        if g.get("is_only_tried"):
            session().execute(_FORGET, values)
            return answer
        session().execute(_KEEP, {**values, "response": json.dumps(_kept(answer, forgets))})
        return answer

    done_once.__dict__.update(view.__dict__)
    done_once.__name__, done_once.__doc__ = view.__name__, view.__doc__
    return done_once


def only_tried() -> None:
    """Nothing was done, so nothing is remembered: the same key may do the deed later."""
    g.is_only_tried = True


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not _FORM.fullmatch(key):
        raise KeyMalformed(N_("An Idempotency-Key is 1 to 255 visible ASCII characters."))
    return key


def _again(values: dict[str, Any]) -> Response:
    stored = session().execute(_STORED, values).one()
    if bytes(stored.request_hash) != values["hash"]:
        raise RequestKeyReused(N_("This Idempotency-Key was used for another request."), key=values["key"])
    if stored.response is None:
        raise StillRunning(
            N_("The first request with this Idempotency-Key is still under way."), retry_after=1
        )
    body = stored.response["body"]
    return make_response(
        b"" if body is None else json.dumps(body).encode(),
        stored.response["status"],
        {} if body is None else {"Content-Type": "application/json"},
    )


def _kept(answer: Response, forgets: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] | None = answer.get_json() if answer.is_json else None
    if body is not None:
        body |= dict.fromkeys(forgets)
    return {"status": answer.status_code, "body": body}


def _hash() -> bytes:
    asked = hashlib.sha256(f"{request.method} {request.path}".encode())
    if not request.files:
        asked.update(request.get_data(cache=True))
        return asked.digest()
    asked.update(json.dumps(sorted(request.form.items(multi=True))).encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda one: one[0]):
        asked.update(f"{name} {file.filename}".encode())
        for piece in iter(lambda file=file: file.stream.read(1 << 20), b""):  # type: ignore[misc]
            asked.update(piece)
        file.stream.seek(0)
    return asked.digest()
