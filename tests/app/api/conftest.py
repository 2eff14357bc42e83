"""Keys of the cast, and the document, for the tests of the API."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from tenants.api_keys import create_by_operator
from tests.app.api.described import Client, Document, Got, Sent
from tests.world import Party, World

KeyOf = Callable[..., Client]


def wire_to(client: FlaskClient) -> Callable[[Sent], Got]:
    """The app itself instead of a network."""

    def send(sent: Sent) -> Got:
        answer = client.open(sent.path, method=sent.method, headers=sent.headers, data=sent.body)
        return Got(answer.status_code, answer.headers, answer.data)

    return send


@pytest.fixture(scope="session")
def document(app: Flask) -> Document:
    """What the app says about itself."""
    return Document(wire_to(app.test_client()))


@pytest.fixture
def key_of(world: World, client: FlaskClient, document: Document) -> KeyOf:
    """A client with a key of this party: with every scope, or with those named."""
    assert world.floe

    def make(party: Party, *scopes: str) -> Client:
        return Client(document, wire_to(client), create_by_operator(party.card.slug, list(scopes) or ["all"]))

    return make


@pytest.fixture
def server(app: Flask, doors: None) -> Iterator[str]:
    """The app on a free port."""
    made = make_server("127.0.0.1", 0, app, threaded=True)
    listener = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
    listener.start()
    yield f"127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()
    listener.join(10)
