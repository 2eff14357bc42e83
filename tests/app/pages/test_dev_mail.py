"""Caught mails are read in demo and test mode, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app import mailcatcher
from tests.app.pages.visitor import Visitor

MAIL = """From: Floe <floe@floe.test>\r
To: ann@example.com\r
Subject: <b>Confirm</b>\r
Content-Type: text/plain; charset=utf-8\r
\r
Hello <i>Ann</i>,\r
\r
open http://127.0.0.1:8000/confirm/abc\r
"""


@pytest.fixture
def home(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty mail folder of its own."""
    monkeypatch.setitem(app.config, "FLOE", replace(app.config["FLOE"], home=str(tmp_path)))
    return tmp_path


def test_a_caught_mail_is_read_and_its_link_clicked(visitor: Visitor, home: Path) -> None:
    assert "No mail yet" in visitor.open("/dev/mail")
    made = mailcatcher.keep(home, "floe@floe.test", ["ann@example.com"], MAIL.encode())
    visitor.open("/dev/mail")
    assert f'href="/dev/mail/{made}"' in visitor.page
    visitor.open(f"/dev/mail/{made}")
    assert 'href="http://127.0.0.1:8000/confirm/abc"' in visitor.page
    assert "Hello <i>Ann</i>," in visitor.words
    assert "<i>Ann" not in visitor.page
    assert "<b>Confirm" not in visitor.page


def test_a_made_up_mail_is_not_there(visitor: Visitor, home: Path) -> None:
    visitor.open("/dev/mail/nonsense")
    assert visitor.status == 404


def test_the_page_does_not_exist_in_production(
    app: Flask, visitor: Visitor, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = mailcatcher.keep(home, "floe@floe.test", ["ann@example.com"], MAIL.encode())
    monkeypatch.setitem(app.config, "FLOE", replace(app.config["FLOE"], mode="production"))
    for path in ("/dev/mail", f"/dev/mail/{made}"):
        visitor.open(path)
        assert visitor.status == 404
