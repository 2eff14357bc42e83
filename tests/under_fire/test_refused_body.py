"""Behind the real web server: whoever is refused before the body was read hears the answer, and is told that the line ends."""

import socket
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests

from tenants.api_keys import create_by_operator
from tests.under_fire.conftest import NewGround
from tests.under_fire.ground import LOCAL, Ground
from tests.world import make_party

pytestmark = [pytest.mark.committed, pytest.mark.fire]

GOOD = {"name": "Form", "channel": "blog"}


class Caller:
    """A program with a key, on one line that is kept open."""

    def __init__(self, site: Ground) -> None:
        agency = make_party("agency", "Acme Leads", "UA")
        self.http, self.address, self.port = requests.Session(), f"{site.address}/api/v1", site.port
        self.key = create_by_operator(agency.card.slug, ["all"])

    def send(self, method: str, path: str, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", **body.pop("headers", {})}
        return self.http.request(method, f"{self.address}{path}", headers=headers, timeout=30, **body)

    def goes_on(self) -> bool:
        """Whether the next request on the same line is answered."""
        return self.send("POST", "/sources", json={**GOOD, "name": uuid4().hex}).status_code == 201


@pytest.fixture
def caller(new_ground: NewGround) -> Iterator[Caller]:
    with new_ground() as site:
        site.start_web()
        yield Caller(site)


def test_a_line_is_kept_or_its_end_is_told(caller: Caller) -> None:
    large = caller.send("POST", "/leads", data=b" " * 2_000_000, headers={"Content-Type": "application/json"})
    assert (large.status_code, large.headers["Connection"]) == (413, "close")
    assert large.json()["limit"] == 1_000_000
    assert caller.goes_on()

    upload = caller.send("POST", "/uploads", json={"file_name": "a.csv", "size": 200_000}).json()["id"]
    kind = {"Content-Type": "application/octet-stream", "Upload-Offset": "-1"}
    sliced = caller.send("PATCH", f"/uploads/{upload}", data=b"x" * 70_000, headers=kind)
    assert (sliced.status_code, sliced.headers["Connection"]) == (422, "close")
    assert caller.goes_on()

    for path in ("/nothing", "/leads/bulk"):  # no such address; nobody's key
        body = {"data": b"x" * 500_000, "headers": {"Authorization": "Bearer none"}}
        assert caller.send("POST", path, **body).headers["Connection"] == "close"
        assert caller.goes_on()

    small = caller.send("POST", "/sources", data=b"x" * 20_000, headers={"Authorization": "Bearer none"})
    assert (small.status_code, small.headers["Connection"]) == (401, "keep-alive")
    assert caller.goes_on()
    fine = caller.send(
        "PATCH", f"/uploads/{upload}", data=b"x" * 70_000, headers={**kind, "Upload-Offset": "0"}
    )
    assert (fine.status_code, fine.headers["Connection"]) == (200, "keep-alive")


def test_an_answer_is_heard_also_by_who_talks_on(caller: Caller) -> None:
    """A client that writes its whole body before it listens gets the refusal and no broken line."""
    length = 40_000_000
    head = f"POST /log-in HTTP/1.1\r\nHost: {LOCAL}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with socket.create_connection((LOCAL, caller.port), timeout=30) as line:
        line.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
        for _ in range(length // 100_000):
            line.sendall(b"x" * 100_000)
        heard = line.recv(65_536)
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nConnection: close\r\n" in heard


def test_a_body_without_a_length_is_read_up_to_the_limit(caller: Caller) -> None:
    pieces = (b" " * 100_000 for _ in range(30))
    large = caller.send("POST", "/leads", data=pieces, headers={"Content-Type": "application/json"})
    assert (large.status_code, large.headers["Connection"]) == (413, "close")
    assert caller.goes_on()
