"""Mail as a way in: kept once, by HTTP and by pipe, made a lead, never an error; addresses that are sent to too fast."""

import io
import subprocess
import sys
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from app.incoming import connections, pace
from app.incoming.connections import NewConnection
from app.incoming.mail.mail import LARGEST_BYTES
from app.incoming.pipe import deliver
from tenants import clock, jobs
from tenants.db import transaction
from tests.app.incoming.mails import FORWARDED, TEXT, mail, parts
from tests.app.incoming.test_connections import FORM, Bench, facts_of_lead
from tests.source import PROJECT
from tests.world import World

RULES = {"label.Ім'я": "name", "label.Телефон": "phone"}
FIXED = {"property_type": "detached", "is_owner": "yes"}


class MailBench(Bench):
    """A connection that takes mail."""

    def __init__(self, world: World, client: FlaskClient) -> None:
        super().__init__(world, client, "mail")

    def send(self, body: bytes, kind: str = "message/rfc822", path: str = "/mail") -> int:
        return self.client.post(f"/in/{self.token}{path}", data=body, content_type=kind).status_code

    def another(self) -> str:
        """The token of a connection of another kind."""
        with transaction(self.world.acme.id) as session:
            wanted = NewConnection("generic", "Other", self.desk.facts)
            return connections.create(session, self.owner, wanted)[1]

    def results(self) -> list[str | None]:
        self.work()
        return [one.result for one in self.log()]


@pytest.fixture
def bench(world: World, client: FlaskClient) -> MailBench:
    made = MailBench(world, client)
    made.map(RULES, **FIXED)
    return made


def test_a_mail_becomes_a_lead_once_however_often_it_is_delivered(bench: MailBench) -> None:
    assert bench.send(mail(TEXT)) == bench.send(mail(TEXT), path="/mail/mime") == 200
    assert bench.results() == ["accepted"]
    (done,) = bench.log()
    assert done.problems == []
    lead = facts_of_lead(done.lead_id)
    assert lead.external_id.startswith("mail:")
    assert lead.enquired_at.isoformat() == "2026-11-20T08:00:00+00:00"
    assert bench.send(mail(TEXT)) == 200
    bench.again(done.id)
    assert bench.results() == ["known"]
    assert bench.desk.count("lead") == 1


def test_another_mail_under_the_same_id_is_another_lead(bench: MailBench) -> None:
    bench.send(mail(TEXT))
    bench.send(mail(TEXT.replace("2233", "2244")))
    assert bench.results() == ["accepted", "accepted"]


def test_a_clock_that_runs_ahead_or_is_no_clock_makes_the_lead_as_old_as_its_arrival(
    bench: MailBench,
) -> None:
    bench.send(mail(TEXT, date="Fri, 20 Nov 2037 10:00:00 +0200"))
    bench.send(mail(TEXT.replace("2233", "2244"), date="yesterday"))
    assert bench.results() == ["accepted", "accepted"]
    for one in bench.log():
        assert facts_of_lead(one.lead_id).enquired_at == one.received_at


@pytest.mark.parametrize(
    ("sent", "result", "code"),
    [
        (mail(TEXT, auto_submitted="auto-replied"), "no_lead", "no_lead"),
        (mail("Sale!", list_unsubscribe="<mailto:x@y.z>"), "no_lead", "no_lead"),
        (mail(TEXT, precedence="bulk"), "accepted", None),
        (mail("Привіт"), "rejected", "no_channel"),
        (
            parts(
                ("Content-Type: text/plain; charset=utf-8", TEXT.encode()),
                ("Content-Disposition: attachment; filename=a.csv", b"x"),
            ),
            "accepted",
            "table_attached",
        ),
    ],
)
def test_what_becomes_of_a_mail_is_said(bench: MailBench, sent: bytes, result: str, code: str | None) -> None:
    assert bench.send(sent) == 200
    assert bench.results() == [result]
    assert ([one["code"] for one in bench.log()[0].problems] or [None])[0] == code


def test_a_forwarded_mail_is_read_for_who_wrote_it(bench: MailBench) -> None:
    bench.map({**RULES, "forwarded.from_address": "email"}, **FIXED)
    bench.send(mail(FORWARDED, subject="Fwd: x"))
    assert bench.results() == ["accepted"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"hello", "message/rfc822", 400),
        (b"", "message/rfc822", 400),
        (mail(TEXT), "image/png", 400),
        (b"{}", "application/json", 400),
        (b"From: a@b.test\r\n\r\n" + b"x" * LARGEST_BYTES, "message/rfc822", 413),
        (b"From: a@b.test\r\n\r\n" + b"x" * 2 * LARGEST_BYTES, "message/rfc822", 413),
    ],
)
def test_what_is_no_mail_is_refused_and_not_kept(
    bench: MailBench, body: bytes, kind: str, status: int
) -> None:
    assert bench.send(body, kind) == status
    assert bench.log() == []


def test_mail_and_bodies_have_an_address_each(bench: MailBench, client: FlaskClient) -> None:
    assert bench.post(FORM) == 400
    assert (
        client.post(f"/in/{bench.another()}/mail", data=mail(TEXT), content_type="message/rfc822").status_code
        == 404
    )
    assert client.post("/in/none/mail", data=mail(TEXT), content_type="message/rfc822").status_code == 404


def test_a_pipe_hears_by_the_exit_code_what_to_do(bench: MailBench, monkeypatch: pytest.MonkeyPatch) -> None:
    for raw, code in ((mail(TEXT), 0), (mail(TEXT), 0), (b"hello", 65), (b"F", 65)):
        assert deliver(bench.token, io.BytesIO(raw))[0] == code
    assert deliver("none", io.BytesIO(mail(TEXT))) == (67, "no such address")
    assert len(bench.log()) == 1
    monkeypatch.setattr(pace, "MOST_A_MINUTE", 0)
    assert deliver(bench.token, io.BytesIO(mail(TEXT)))[0] == 75

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("+380671112233")

    monkeypatch.setattr(pace, "MOST_A_MINUTE", 9)
    assert deliver(bench.token, Broken()) == (75, "OSError")


def test_too_much_at_one_address_is_put_off_and_others_are_not(
    bench: MailBench, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "MOST_A_MINUTE", 2)
    with clock.at(clock.now().replace(second=15)):
        assert [bench.send(mail(TEXT)) for _ in range(3)] == [200, 200, 429]
        answer = client.post(f"/in/{bench.token}/mail", data=mail(TEXT))
        assert (answer.headers["Retry-After"], answer.get_json()["code"]) == ("45", "too_many_calls")
        assert client.post(f"/in/{bench.another()}", json=FORM).status_code == 202
        assert {client.post("/in/none", data=b"").status_code for _ in range(5)} == {404}
    assert 0 < int(jobs.connection().ttl(jobs.connection().keys("floe:in-pace:*")[0])) <= 120  # type: ignore[index, arg-type]


def test_an_unknown_address_is_asked_for_like_a_known_one_and_its_body_is_not_read(
    bench: MailBench, client: FlaskClient
) -> None:
    """One look-up and one count for either; only then is what is sent looked at."""
    counts = [f"floe:in-pace:{name}:*" for name in ("unknown", bench.id)]
    for token, status in (("none", 404), (bench.token, 400)):
        sent = client.post(f"/in/{token}/mail", data=b"no mail" * 9, content_type="message/rfc822")
        assert sent.status_code == status
    assert [len(list(jobs.connection().scan_iter(one))) for one in counts] == [1, 1]


@pytest.mark.fire
@pytest.mark.committed
def test_the_command_keeps_a_mail_and_says_nothing_of_it(
    world: World, client: FlaskClient, environment: Mapping[str, str]
) -> None:
    bench = MailBench(world, client)
    for raw, code in ((mail(TEXT), 0), (b"hello", 65)):
        command = (sys.executable, "-m", "flask", "--app", "wsgi", "receive-mail", bench.token)
        told = subprocess.run(
            command, input=raw, env=dict(environment), cwd=PROJECT, capture_output=True, check=False
        )
        assert (told.returncode, told.stdout) == (code, b"")
        assert b"38067" not in told.stderr
    assert [one.state for one in bench.log()] == ["pending"]


@pytest.mark.fire
@pytest.mark.committed
@pytest.mark.parametrize("token", ["-Iolla", "--help-me", "none"])
def test_a_token_that_looks_like_an_option_is_a_token(environment: Mapping[str, str], token: str) -> None:
    """One token of 64 begins with a hyphen, and a mail server's pipe writes it as it is."""
    command = (sys.executable, "-m", "flask", "--app", "wsgi", "receive-mail", token)
    told = subprocess.run(
        command, input=b"hello", env=dict(environment), cwd=PROJECT, capture_output=True, check=False
    )
    assert told.returncode == 67
