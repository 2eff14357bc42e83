"""A body that is larger than its route takes is refused in words, and none of it is read."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.body_size import LARGEST_FORM, LARGEST_OF_STRANGERS
from app.leads.forms import forms
from tenants.db import transaction
from tests.app.leads.forms.desk import make_form
from tests.app.pages.visitor import Visitor
from tests.world import World

FORM = "application/x-www-form-urlencoded"
MANY = 40_000_000


class Line(io.RawIOBase):
    """A client that has much to say, and hears how much was listened to."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.left, self.heard = length, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        taken = min(len(buffer), self.left)
        buffer[:taken] = b"x" * taken
        self.left -= taken
        self.heard += taken
        return taken


def send(client: FlaskClient, path: str, line: Line, *, says_length: bool = True, **more: Any) -> Any:
    about: dict[str, Any] = {"content_type": FORM, **more}
    said = {"CONTENT_LENGTH": str(line.left)}
    unsaid = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    told = {"wsgi.input": line, **(said if says_length else unsaid)}
    return client.post(path, environ_overrides=told, **about)


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


@pytest.mark.parametrize("step", ["", "/start"])
def test_a_hosted_form_takes_half_a_megabyte(world: World, client: FlaskClient, step: str) -> None:
    form_id = make_form(world.acme)
    with transaction(world.acme.id) as session:
        slug = forms.get(session, world.acme.id, form_id).slug
    line = Line(MANY)
    got = send(client, f"/f/{slug}{step}", line)
    assert (got.status_code, line.heard) == (413, 0)
    assert "larger than 500000 bytes" in got.text
    unsaid = Line(MANY)
    assert send(client, f"/f/{slug}{step}", unsaid, says_length=False).status_code == 413
    assert unsaid.heard < 1_000_000
    assert send(client, f"/f/{slug}{step}", Line(400_000)).status_code < 413


@pytest.mark.parametrize(
    "path",
    ["/log-in", "/sign-up", "/forgot", "/reset/x", "/invitation/x", "/confirm/x",
     "/theme", "/addressee/confirm/x", "/uploads/new", "/leads/quick"],
)  # fmt: skip
def test_a_stranger_sends_no_large_form(client: FlaskClient, path: str) -> None:
    for kind in (FORM, "multipart/form-data; boundary=x"):
        line = Line(LARGEST_OF_STRANGERS + 1)
        got = send(client, path, line, content_type=kind)
        assert (got.status_code, line.heard) == (413, 0), (path, kind)


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/webhooks/stripe", 1_000_000), ("/in/x", 256_000), ("/in/x/mail", 20_000_000)],
)
@pytest.mark.parametrize("kind", [FORM, "application/json"])
def test_an_address_for_programs_names_its_limit(
    client: FlaskClient, path: str, limit: int, kind: str
) -> None:
    line = Line(MANY)
    got = send(client, path, line, content_type=kind)
    assert (got.status_code, got.content_type, line.heard) == (413, "application/problem+json", 0)
    assert (got.json["code"], got.json["limit"]) == ("request_entity_too_large", limit)


def test_a_form_that_is_sent_to_stripes_address_is_not_read_as_one(client: FlaskClient) -> None:
    got = client.post("/webhooks/stripe", data={"a": "x\0y"})
    assert (got.status_code, got.json and got.json["code"]) == (400, "signature_invalid")


def test_somebody_logged_in_sends_larger_forms(visitor: Visitor, world: World) -> None:
    visitor.log_in(world.acme.owner.email)
    line = Line(LARGEST_FORM + 1)
    assert (send(visitor.client, "/sources", line).status_code, line.heard) == (413, 0)
    line = Line(LARGEST_FORM + 1)
    assert (send(visitor.client, "/uploads/new", line).status_code, line.heard) == (413, 0), (
        "no file: no more"
    )
    line = Line(100_001)
    assert (send(visitor.client, "/leads/quick", line).status_code, line.heard) == (413, 0)


def test_the_api_names_its_limit(app: Flask, client: FlaskClient, world: World) -> None:
    from tenants.api_keys import create_by_operator

    key = create_by_operator(world.acme.card.slug, ["all"])
    line = Line(2_000_000)
    about = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {key}"}}
    got = send(client, "/api/v1/leads", line, **about)
    assert (got.status_code, got.json["limit"], line.heard) == (413, 1_000_000, 0)
    assert "1000000 bytes" in got.json["detail"]


def test_a_form_of_too_many_fields_is_refused_in_words(visitor: Visitor, world: World) -> None:
    visitor.log_in(world.acme.owner.email)
    many = {f"field{number}": "x" for number in range(2_100)}
    got = visitor.client.post("/sources", data=many, content_type="multipart/form-data")
    assert got.status_code == 413
    assert "too many fields" in got.get_data(as_text=True)
