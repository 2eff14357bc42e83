"""Fetching a lead from Meta: its message holds only an id.

Invariants: the address comes from the installation's configuration only; nothing leads to a private network; the token
travels in a header, so that no log of addresses holds it.
"""

import asyncio
import json
import logging
import os
from collections.abc import Mapping

from app.delivery.addresses import Loopback, loopback_from, webhook_address
from app.delivery.outbound import Outbound
from tenants.language import N_

log = logging.getLogger(__name__)

GRAPH = "https://graph.facebook.com/v23.0"
UNREACHED = N_("Meta could not be reached. Nothing is lost: the lead is asked for again later.")
_FIELDS = "id,created_time,form_id,ad_id,campaign_id,platform,field_data"


class NotFetched(Exception):
    """The lead could not be fetched; `is_final` when trying again would not help."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        super().__init__(why)
        self.is_final = is_final


def fetch(
    leadgen_id: str, access_token: str, *, environ: Mapping[str, str] = os.environ
) -> dict[str, object]:
    """The lead as Meta keeps it. Raises `NotFetched`. Talks to the network: never inside a transaction."""
    if not leadgen_id.isdigit():
        raise NotFetched("the message names no lead", is_final=True)
    loopback = loopback_from(environ)
    base = environ.get("FLOE_META_GRAPH_URL") or GRAPH
    address = webhook_address(f"{base.rstrip('/')}/{leadgen_id}?fields={_FIELDS}", loopback)
    status, body, error = asyncio.run(_ask(address.url, access_token, loopback))
    if status != 200:
        if error:
            log.warning("Meta was not reached: %s", error)
        why = UNREACHED if error else f"Meta answered {status}"
        raise NotFetched(why, is_final=status in (400, 401, 403, 404))
    try:
        found = json.loads(body)
    except ValueError as broken:
        raise NotFetched("Meta's answer is no JSON") from broken
    if not isinstance(found, dict):
        raise NotFetched("Meta's answer is no lead")
    return found


async def _ask(url: str, access_token: str, loopback: Loopback) -> tuple[int | None, bytes, str | None]:
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    async with Outbound(loopback) as outbound:
        answer = await outbound.get(url, headers)
    return answer.status, answer.body, answer.error
