"""Mail of the one-machine stack is caught whole and read safely."""

import os
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from app import mailcatcher
from app.embedded.parts import PROJECT
from tenants.errors import NotFound


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail catcher")


@pytest.fixture(scope="module")
def port(home: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
    told = {**os.environ, "FLOE_HOME": str(home), "SMTP_PORT": str(number)}
    process = subprocess.Popen((sys.executable, "-m", "app.mailcatcher"), cwd=PROJECT, env=told)
    deadline = time.monotonic() + 20
    while not listens(number):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield number
    process.terminate()
    assert process.wait(10) == 0


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def letter(subject: str = "Запрошення") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "Floe <floe@floe.test>",
        "Олена <olena@floe.test>",
        subject,
    )
    message.set_content("Вітаємо! Відкрийте http://127.0.0.1:8000/invitations/abc.\n")
    message.add_alternative(
        "<p>Вітаємо! <a href='http://127.0.0.1:8000/invitations/abc'>Відкрити</a>"
        " <a href='https://floe.test/help'>?</a> <a href='javascript:alert(1)'>x</a></p>",
        subtype="html",
    )
    return message


def test_a_mail_is_caught_with_both_bodies_its_real_recipients_and_its_links(home: Path, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(letter(), to_addrs=["olena@floe.test", "hidden@floe.test"])
        client.send_message(letter("the second"))
    second, first = mailcatcher.caught(home)
    assert (first.subject, second.subject) == ("Запрошення", "the second")
    assert first.from_ == "Floe <floe@floe.test>"
    assert first.to == ("olena@floe.test", "hidden@floe.test")
    assert first.text.startswith("Вітаємо!")
    assert "<a href=" in first.html
    assert first.links == ("http://127.0.0.1:8000/invitations/abc", "https://floe.test/help")
    assert first.received_at < second.received_at
    assert first.received_at.utcoffset() is not None
    assert mailcatcher.read(home, first.id) == first


@pytest.mark.parametrize(
    "mail_id",
    [
        "../secrets",
        "20261121T203700123456Z-../../secrets",
        "",
        "/etc/passwd",
        "20261121T203700123456Z-" + "0" * 16,
    ],
)
def test_nothing_but_a_caught_mail_can_be_read(tmp_path: Path, mail_id: str) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "secrets.eml").write_text("Subject: secret\n\n")
    with pytest.raises(NotFound):
        mailcatcher.read(tmp_path, mail_id)


def test_a_body_in_an_unknown_character_set_is_still_shown(tmp_path: Path) -> None:
    raw = b"Subject: odd\r\nContent-Type: text/plain; charset=nonsense-8\r\n\r\nhello\r\n"
    mail_id = mailcatcher.keep(tmp_path, "a@floe.test", ["b@floe.test"], raw)
    assert mailcatcher.read(tmp_path, mail_id).text.strip() == "hello"


def test_a_message_cannot_forge_its_recipients(tmp_path: Path) -> None:
    mail_id = mailcatcher.keep(
        tmp_path, "a@floe.test", ["b@floe.test"], b"X-Envelope-To: c@floe.test\r\n\r\nhello\r\n"
    )
    assert mailcatcher.read(tmp_path, mail_id).to == ("b@floe.test",)
