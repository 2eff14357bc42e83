"""Where Stripe tells us what happened: prove the signature, keep the message, say 200; a worker does the rest.

Invariant: nothing is kept of a message that Stripe did not sign; an answer of 200 means that it is kept.
"""

from flask import Blueprint, Response, request

from app.body_size import takes_body
from app.guard import allow_anyone
from app.security import csrf
from billing import inbox
from billing.stripe.gateway import gateway

pages = Blueprint("stripe_webhook", __name__)
csrf.exempt(pages)

LARGEST_BYTES = 1_000_000


@pages.post("/webhooks/stripe")
@takes_body(LARGEST_BYTES)
@allow_anyone("Stripe has no log-in: every message is signed")
def receive() -> Response:
    """Keep one message; the same one again is answered alike. 400 `signature_invalid` if Stripe did not sign it."""
    event = gateway().parse_event(request.get_data(), request.headers.get("Stripe-Signature", ""))
    inbox.store(event)
    return Response(status=200)
