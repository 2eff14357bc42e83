"""Catch the e-mails of the one-machine stack, so that its people can read them in the browser and none leaves.

Invariants: a message is one file in the home, complete or absent; the name of a file is the id of its mail, and no
other file can be read by an id.
"""

import asyncio
import os
import re
import secrets
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from email.utils import getaddresses
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tenants import clock
from tenants.errors import NotFound
from tenants.language import N_

LARGEST_BYTES = 20_000_000
SHOWN = 200

_TIME = "%Y%m%dT%H%M%S%fZ"
_ID = re.compile(r"([0-9]{8}T[0-9]{12}Z)-[0-9a-f]{16}")
_LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class CaughtMail:
    """One message as its reader would see it; `to` are the addresses it was really sent to."""

    id: str
    to: tuple[str, ...]
    from_: str
    subject: str
    received_at: datetime
    text: str
    html: str
    links: tuple[str, ...]


def caught(home: Path, limit: int = SHOWN) -> list[CaughtMail]:
    """The last mails caught, newest first."""
    names = sorted(
        (file.stem for file in _folder(home).glob("*.eml") if _ID.fullmatch(file.stem)), reverse=True
    )
    return [read(home, name) for name in names[:limit]]


def read(home: Path, id: str) -> CaughtMail:  # noqa: A002 (the word of the page)
    """One caught mail. Raises `NotFound` for anything that is not the id of one, a path above all."""
    matched = _ID.fullmatch(id)
    file = _folder(home) / f"{id}.eml"
    if not matched or not file.is_file():
        raise NotFound(N_("There is no such e-mail."))
    message = BytesParser(_class=EmailMessage, policy=modern).parsebytes(file.read_bytes())
    text, html = _part(message, "plain"), _part(message, "html")
    return CaughtMail(
        id=id,
        to=tuple(address for _, address in getaddresses([str(message.get("X-Envelope-To", ""))])),
        from_=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        received_at=datetime.strptime(matched[1], _TIME).replace(tzinfo=UTC),
        text=text,
        html=html,
        links=_links(text, html),
    )


def keep(home: Path, sender: str, recipients: list[str], content: bytes) -> str:
    """Store a message as it came, with its envelope; gives its id. Storing twice gives two mails."""
    folder = _folder(home)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{clock.now().strftime(_TIME)}-{secrets.token_hex(8)}"
    envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n"
    draft = folder / f"{name}.draft"
    draft.write_bytes(envelope.encode() + content)
    draft.rename(folder / f"{name}.eml")
    return name


class Catcher:
    """Takes every message of the SMTP conversation and keeps it."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (SMTP's)
        content = envelope.original_content or b""
        await asyncio.to_thread(keep, self._home, envelope.mail_from or "", envelope.rcpt_tos, content)
        return "250 caught"


async def serve(home: Path, port: int) -> None:
    """Catch mail on the loopback address until told to stop."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    # a fixed host name: looking up our own may wait for a name server
    protocol = partial(
        SMTP, Catcher(home), data_size_limit=LARGEST_BYTES, enable_SMTPUTF8=True, hostname="localhost"
    )
    server = await loop.create_server(protocol, host="127.0.0.1", port=port)
    await stopped.wait()
    server.close()


class _Hrefs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _links(text: str, html: str) -> tuple[str, ...]:
    hrefs = _Hrefs()
    hrefs.feed(html)
    in_text = [link.rstrip(".,;:!?)]") for link in _LINK.findall(text)]
    in_html = [link for link in hrefs.found if _LINK.match(link)]
    return tuple(dict.fromkeys(in_text + in_html))


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    if body is None:
        return ""
    try:
        return str(body.get_content())
    except LookupError:  # a character set nobody knows
        payload = body.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _folder(home: Path) -> Path:
    return home / "mail"


if __name__ == "__main__":
    asyncio.run(serve(Path(os.environ["FLOE_HOME"]), int(os.environ["SMTP_PORT"])))
    sys.exit(0)
