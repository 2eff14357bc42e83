"""A file sent slice by slice, as the script of a page sends it: every refusal, and what never happens twice."""

import io
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.leads import file_uploads
from tests.app.leads.uploads import Desk, csv_of, people
from tests.app.pages.test_upload_steps import facts
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member, make_party

CSV = csv_of(people(1_500))
STEP = file_uploads.SMALLEST_SLICE
JSON = {"Accept": "application/json"}


class Sender:
    """A person's browser with the page of the new upload open."""

    def __init__(self, visitor: Visitor, here: str = "/uploads") -> None:
        self.visitor, self.here = visitor, f"{here}/slices"

    def headers(self) -> dict[str, str]:
        return {**JSON, "X-CSRFToken": self.visitor._token()}

    def begin(self, data: bytes = CSV, name: str = "leads.csv", **said: Any) -> TestResponse:
        form = {"name": name, "size": len(data), "mark": "m", **said}
        return self.visitor.client.post(self.here, data=form, headers=self.headers())

    def begun(self, data: bytes = CSV, **said: Any) -> str:
        answer = self.begin(data, **said)
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])  # type: ignore[index]

    def put(self, upload_id: object, offset: object, data: bytes, **more: str) -> TestResponse:
        headers = {
            **self.headers(),
            "Content-Type": "application/octet-stream",
            "Upload-Offset": str(offset),
            **more,
        }
        return self.visitor.client.patch(f"{self.here}/{upload_id}", data=data, headers=headers)

    def send(self, data: bytes = CSV, **said: Any) -> str:
        upload_id = self.begun(data, **said)
        for offset in range(0, len(data), STEP):
            answer = self.put(upload_id, offset, data[offset : offset + STEP])
            assert answer.status_code == 200, answer.text
        return upload_id

    def ask(self, upload_id: object, method: str = "GET") -> TestResponse:
        return self.visitor.client.open(f"{self.here}/{upload_id}", method=method, headers=self.headers())


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


@pytest.fixture
def sender(world: World, visitor: Visitor) -> Sender:
    assert world.floe
    return Sender(enter(visitor, world.acme))


def refused(answer: TestResponse) -> tuple[int, str]:
    assert answer.json is not None
    return answer.status_code, answer.json["code"]


def test_slices_become_the_batch_that_a_form_makes(sender: Sender, desk: Desk) -> None:
    form, visitor = facts(desk), sender.visitor
    visitor.open("/uploads/new")
    visitor.submit("/uploads/new", **form, file=(io.BytesIO(CSV), "leads.csv"))
    whole = visitor.answer.request.path.split("/")[2] if visitor.answer else ""
    upload_id = sender.send()
    assert sender.ask(upload_id).json == {
        "id": upload_id, "offset": len(CSV), "size": len(CSV), "finished": False,
    }  # fmt: skip
    visitor.open("/uploads/new")
    assert "Unfinished uploads" in visitor.words
    visitor.submit("/uploads/new", **form, upload_id=upload_id)
    assert "You uploaded this very file on" in visitor.words
    assert visitor.answer is not None
    by_slices = visitor.answer.request.path.split("/")[2]
    one, other = (desk.view(batch) for batch in (whole, by_slices))  # type: ignore[arg-type]
    assert (one.file_name, one.file_bytes, one.mapping, one.layout) == (
        other.file_name, other.file_bytes, other.mapping, other.layout,
    )  # fmt: skip
    assert str(other.same_as) == whole
    assert desk.count("file_slice") == 0
    again = visitor.submit("/uploads/new", **form, upload_id=upload_id)
    assert by_slices in again
    assert desk.count("batch") == 2
    assert refused(sender.put(upload_id, len(CSV), b"x")) == (409, "upload_finished")
    assert refused(sender.ask(upload_id, "DELETE")) == (409, "upload_finished")
    assert sender.ask(upload_id).json["finished"] is True  # type: ignore[index]


def test_a_repeated_or_missing_slice_is_told_the_true_place(sender: Sender, desk: Desk) -> None:
    upload_id = sender.begun()
    assert sender.put(upload_id, 0, CSV[:STEP]).headers["Upload-Offset"] == str(STEP)
    for offset in (0, STEP - 1, STEP + 1, 2 * STEP):
        answer = sender.put(upload_id, offset, CSV[offset : offset + STEP])
        assert refused(answer) == (409, "wrong_offset")
        assert answer.json["offset"] == STEP  # type: ignore[index]
    head = sender.ask(upload_id, "HEAD")
    assert (head.status_code, head.headers["Upload-Offset"]) == (200, str(STEP))
    assert desk.count("file_slice") == 1
    assert sender.begun() == upload_id, "the same file again goes on with the same upload"
    assert sender.begun(mark="another") != upload_id
    assert sender.begun(mark="") != sender.begun(mark=""), "without a mark nothing is found again"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"size": 0}, (422, "empty_file")),
        ({"size": "x"}, (422, "empty_file")),
        ({"size": "-5"}, (422, "empty_file")),
        ({"size": 200 * 1024 * 1024 + 1}, (413, "upload_too_large")),
        ({"size": "9" * 40}, (422, "empty_file")),
        ({"mark": "m" * 201}, (422, "invalid")),
    ],
)
def test_what_cannot_be_begun(sender: Sender, said: dict[str, Any], expected: tuple[int, str]) -> None:
    assert refused(sender.begin(**said)) == expected


def test_what_is_no_slice(sender: Sender, desk: Desk) -> None:
    upload_id = sender.begun()
    for offset in ("", "x", "-1", "1.5", "9" * 30):
        assert refused(sender.put(upload_id, offset, CSV[:STEP])) == (422, "invalid")
    text = {"Content-Type": "text/plain"}
    assert refused(sender.put(upload_id, 0, CSV[:STEP], **text)) == (415, "not_a_slice")
    large = b"x" * (file_uploads.SLICE_BYTES + 1)
    assert refused(sender.put(upload_id, 0, large)) == (413, "slice_too_large")
    assert refused(sender.put(upload_id, 0, CSV[: STEP - 1])) == (422, "slice_too_small")
    assert refused(sender.put(upload_id, 0, b"")) == (422, "slice_too_small")
    assert refused(sender.put(upload_id, 0, CSV + b"x")) == (422, "size_exceeded")
    assert refused(sender.put(uuid4(), 0, CSV[:STEP])) == (404, "not_found")
    assert desk.count("file_slice") == 0


def test_an_unfinished_or_unreadable_file_makes_no_batch(sender: Sender, desk: Desk) -> None:
    upload_id, visitor = sender.begun(), sender.visitor
    visitor.open("/uploads/new")
    visitor.submit("/uploads/new", **facts(desk), upload_id=upload_id)
    assert (visitor.status, "has not arrived whole" in visitor.words) == (409, True)
    picture = b"\x89PNG" + b"\0" * STEP
    bad = sender.send(picture, mark="picture")
    visitor.submit("/uploads/new", **facts(desk), upload_id=bad)
    assert (visitor.status, "This is a picture" in visitor.words) == (422, True)
    whole = sender.send(CSV, mark="whole")
    visitor.submit("/uploads/new", **{**facts(desk), "vertical": ""}, upload_id=whole)
    assert (visitor.status, "is here already" in visitor.words) == (422, True)
    assert f'name="upload_id" value="{whole}"' in visitor.page
    visitor.submit("/uploads/new", **facts(desk), upload_id=str(uuid4()))
    assert (visitor.status, desk.count("batch")) == (404, 0)


def test_nobody_else_reaches_it(sender: Sender, stranger: Visitor, world: World, desk: Desk) -> None:
    upload_id = sender.send()
    for other_person in (make_member(world.acme.card, "manager"), make_party("agency", "Delta", "UA").owner):
        stranger.log_in(other_person.email)
        other = Sender(stranger)
        for answer in (
            other.ask(upload_id),
            other.ask(upload_id, "DELETE"),
            other.put(upload_id, 0, CSV[:STEP]),
        ):
            assert refused(answer) == (404, "not_found")
        stranger.open("/uploads/new")
        stranger.submit("/uploads/new", **facts(desk), upload_id=upload_id)
        assert stranger.status == 404
        stranger.client.delete_cookie("floe_session")
    assert sender.ask(upload_id).status_code == 200


def test_a_person_who_may_not_upload_begins_nothing(world: World, stranger: Visitor) -> None:
    assert world.floe
    stranger.log_in(make_member(world.acme.card, "viewer").email)
    assert refused(Sender(stranger).begin()) == (403, "forbidden")
    without_token = stranger.client.post("/uploads/slices", data={"name": "x", "size": 5}, headers=JSON)
    assert without_token.status_code == 400


def test_it_is_thrown_away_by_script_or_button(sender: Sender, desk: Desk) -> None:
    upload_id = sender.send()
    assert sender.ask(upload_id, "DELETE").status_code == 204
    assert refused(sender.ask(upload_id)) == (404, "not_found")
    upload_id, visitor = sender.send(), sender.visitor
    visitor.open("/uploads/new")
    assert f"/uploads/slices/{upload_id}/remove" in visitor.page
    visitor.submit(f"/uploads/slices/{upload_id}/remove")
    assert "Unfinished uploads" not in visitor.words
    assert (desk.count("file_upload"), desk.count("file_slice")) == (0, 0)


def test_a_form_may_bring_more_than_other_forms(sender: Sender, desk: Desk) -> None:
    """The plain form keeps its promise of large files; other pages do not take them."""
    large = b"a;b\n" * (17 * 1024 * 1024)
    assert len(large) > 64 * 1024 * 1024
    visitor = sender.visitor
    visitor.open("/uploads/new")
    visitor.submit("/uploads/new", **facts(desk), file=(io.BytesIO(large), "large.csv"))
    assert (visitor.status, "How the file is read" in visitor.words) == (200, True)
    visitor.open("/uploads/new")
    visitor.submit("/sources", file=(io.BytesIO(large), "large.csv"))
    assert visitor.status == 413
