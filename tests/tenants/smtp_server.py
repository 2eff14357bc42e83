"""A mail server for tests that really speaks SMTP, with TLS and log-ins, and refuses what it is told to."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "floe", "sesame"


@dataclass
class Server:
    """What the server took, and what it says to whom."""

    port: int
    taken: list[EmailMessage] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    """Address → reply to RCPT; "data" → reply to DATA."""
    logged_in: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 (SMTP's)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self.replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (SMTP's)
        reply = self.replies.get("data", "250 OK")
        if reply.startswith("250"):
            message = message_from_bytes(envelope.original_content or b"", EmailMessage, policy=modern)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
        return reply

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, typed: object
    ) -> AuthResult:
        assert isinstance(typed, LoginPassword)
        self.logged_in.append(typed.login.decode())
        return AuthResult(success=(typed.login, typed.password) == (USER.encode(), PASSWORD.encode()))


@contextmanager
def smtp_server(
    *, tls: ssl.SSLContext | None = None, is_tls_at_once: bool = False, is_ascii_only: bool = False
) -> Iterator[Server]:
    """A server on the loopback address; with `tls` it offers STARTTLS, or speaks nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        server = Server(free.getsockname()[1])
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        server_hostname="localhost",
        tls_context=None if is_tls_at_once else tls,
        ssl_context=tls if is_tls_at_once else None,
        authenticator=server.authenticate,
        auth_require_tls=False,
        enable_SMTPUTF8=not is_ascii_only,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A context for the server, and the file a client must trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "trusted.pem", folder / "private.pem"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted
