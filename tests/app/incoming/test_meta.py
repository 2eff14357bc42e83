"""Meta's messages: the address is verified, the signature checked, the lead fetched outside of any transaction."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.delivery.addresses import UnsafeDestination
from app.incoming.meta import UNREACHED, NotFetched, fetch
from tenants import clock
from tests.app.incoming.test_connections import Bench, facts_of_lead, signed
from tests.world import World

SECRETS = {"app_secret": "s3cret", "verify_token": "open sesame", "access_token": "EAAB"}
PATHS = {"full_name": "name", "phone_number": "phone", "house": "property_type"}
LEAD = {
    "id": "444",
    "created_time": "2026-11-20T08:49:14+0000",
    "field_data": [
        {"name": "full_name", "values": ["Olena"]},
        {"name": "phone_number", "values": ["+380671112233"]},
        {"name": "house", "values": ["detached"]},
    ],
}


class Graph(ThreadingHTTPServer):
    """Answers as Meta does; what it was asked is noted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.asked: list[tuple[str, str]] = []
        self.status, self.body = 200, json.dumps(LEAD).encode()


class _Answering(BaseHTTPRequestHandler):
    server: Graph

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Iterator[Graph]:
    with Graph() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        place = f"127.0.0.1:{server.server_port}"
        monkeypatch.setenv("FLOE_META_GRAPH_URL", f"http://{place}/v23.0")
        monkeypatch.setenv("FLOE_ALLOW_LOOPBACK_DESTINATIONS", place)
        monkeypatch.setenv("FLOE_MODE", "test")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def bench(world: World, client: FlaskClient) -> Bench:
    made = Bench(world, client, "meta", **SECRETS)
    made.map(PATHS, is_owner="yes")
    return made


def message(*ids: str) -> bytes:
    changes = [{"field": "leadgen", "value": {"leadgen_id": one, "form_id": "1"}} for one in ids]
    return json.dumps({"object": "page", "entry": [{"id": "1", "changes": changes}]}).encode()


def test_the_address_is_verified(bench: Bench) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "open sesame"}
    answer = bench.client.get(f"/in/{bench.token}", query_string=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.content_type.startswith("text/plain")
    for wrong in ({"hub.verify_token": "x"}, {"hub.mode": "unsubscribe"}, {"hub.verify_token": ""}):
        assert bench.client.get(f"/in/{bench.token}", query_string={**asked, **wrong}).status_code == 403


def test_only_metas_kind_is_verified(world: World, client: FlaskClient) -> None:
    other = Bench(world, client)
    assert client.get(f"/in/{other.token}", query_string={"hub.mode": "subscribe"}).status_code == 404


def test_a_signed_message_becomes_a_lead(bench: Bench, graph: Graph) -> None:
    body = message("444")
    assert bench.post(body) == 403
    assert bench.post(body, X_Hub_Signature_256=signed("other", body)) == 403
    assert bench.log() == []
    assert bench.post(body, X_Hub_Signature_256=signed("s3cret", body)) == 202
    bench.work()
    (done,) = bench.log()
    assert done.result == "accepted"
    lead = facts_of_lead(done.lead_id)
    assert (lead.external_id, lead.enquired_at.isoformat()[:19]) == ("meta:444", "2026-11-20T08:49:14")
    [(path, authorization)] = graph.asked
    assert path.startswith("/v23.0/444?fields=")
    assert (authorization, "EAAB" in path) == ("Bearer EAAB", False)
    bench.again(done.id)
    bench.work()
    assert (bench.log()[0].result, len(graph.asked)) == ("known", 1)


def test_one_message_may_tell_of_several_leads_and_of_none(bench: Bench) -> None:
    for body, count in (
        (message("1", "2"), 2),
        (b'{"entry": [{"changes": [{"field": "feed"}]}]}', 0),
        (b"[]", 0),
    ):
        before = len(bench.log())
        assert bench.post(body, X_Hub_Signature_256=signed("s3cret", body)) == 202
        assert len(bench.log()) - before == count


def test_what_cannot_be_fetched_is_tried_again_and_given_up_when_it_never_will_be(
    bench: Bench, graph: Graph
) -> None:
    body = message("444")
    graph.status = 500
    bench.post(body, X_Hub_Signature_256=signed("s3cret", body))
    bench.work()
    (waiting,) = bench.log()
    assert (waiting.state, waiting.last_error, waiting.attempts) == ("pending", "Meta answered 500", 1)
    bench.work()
    assert len(graph.asked) == 1, "it is not due yet"
    graph.status = 200
    with clock.at(clock.now() + timedelta(minutes=1)):
        bench.work()
    assert bench.log()[0].result == "accepted"
    graph.status = 403
    other = message("445")
    bench.post(other, X_Hub_Signature_256=signed("s3cret", other))
    bench.work()
    assert (bench.log()[0].state, bench.log()[0].last_error) == ("dead", "Meta answered 403")


def test_a_meta_that_is_not_reached_is_said_in_a_sentence(
    bench: Bench, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        place = f"127.0.0.1:{gone.getsockname()[1]}"
    monkeypatch.setenv("FLOE_META_GRAPH_URL", f"http://{place}/v23.0")
    monkeypatch.setenv("FLOE_ALLOW_LOOPBACK_DESTINATIONS", place)
    body = message("444")
    bench.post(body, X_Hub_Signature_256=signed("s3cret", body))
    bench.work()
    assert (bench.log()[0].state, bench.log()[0].last_error) == ("pending", UNREACHED)
    assert "could not be reached" in UNREACHED


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_an_answer_that_is_no_lead_is_none(graph: Graph, body: bytes) -> None:
    graph.body = body
    with pytest.raises(NotFetched):
        fetch("1", "EAAB")


def test_nothing_leads_to_another_address() -> None:
    with pytest.raises(NotFetched):
        fetch("../me", "EAAB")
    for place in ("http://127.0.0.1:9", "https://10.0.0.1", "https://localhost"):
        with pytest.raises(UnsafeDestination):
            fetch("1", "EAAB", environ={"FLOE_META_GRAPH_URL": place})
