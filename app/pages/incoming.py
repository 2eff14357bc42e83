"""The addresses that other systems send leads to: keep the body, answer at once; a worker does the rest.

Invariant: an answer of 2xx means that the body is kept.
"""

from flask import Blueprint, Response, request

from app.body_size import takes_body
from app.guard import allow_anyone
from app.incoming.receive import (
    LARGEST_BYTES,
    LARGEST_POST,
    Arrived,
    answer_challenge,
    enter,
    keep,
    keep_mail,
)
from app.security import csrf

pages = Blueprint("incoming", __name__)
csrf.exempt(pages)


@pages.post("/in/<token>")
@takes_body(LARGEST_BYTES)
@allow_anyone("a sender has no log-in: the address is a secret")
def post(token: str) -> tuple[dict[str, int], int]:
    """Keep one body of at most 256 kB; 202 says how many leads it tells of."""
    found = enter(token)
    arrived = Arrived(
        request.get_data(cache=False), request.mimetype, request.headers.get("X-Hub-Signature-256", "")
    )
    return {"received": len(keep(found, arrived))}, 202


@pages.post("/in/<token>/mail")
@pages.post("/in/<token>/mail/mime")
@takes_body(LARGEST_POST)
@allow_anyone("a sender has no log-in: the address is a secret")
def post_mail(token: str) -> dict[str, int]:
    """Keep one mail of at most 10 MB; a provider that wants an address ending in "mime" has one.

    The answer is 200: some providers take every other success for a failure and send again.
    """
    found = enter(token)
    keep_mail(found, request.content_type or "", request.get_data(cache=False))
    return {"received": 1}


@pages.get("/in/<token>")
@allow_anyone("a sender has no log-in: the address is a secret")
def verify(token: str) -> Response:
    """Meta asks once whether the address is ours."""
    return Response(answer_challenge(token, request.args), content_type="text/plain; charset=utf-8")
