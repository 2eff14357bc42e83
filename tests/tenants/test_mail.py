"""Mail leaves after its deed was committed, at least once, and its words do not stay."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import clock, jobs, mail
from tenants.db import platform_transaction, transaction
from tenants.errors import Refused
from tenants.mail import RETRY_SECONDS, Letter, NotSent, SmtpSettings
from tests.tenants.smtp_server import PASSWORD, USER, Server, certificate, smtp_server
from tests.world import World

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _other_settings_afterwards() -> Iterator[None]:
    before = mail._smtp
    yield
    mail._smtp = before


@pytest.fixture
def server() -> Iterator[Server]:
    with smtp_server() as server:
        use(server.port)
        yield server


def use(port: int, user: str = "", password: str = PASSWORD) -> None:
    mail.use_smtp(SmtpSettings("127.0.0.1", port, user, password, "Floe <floe@floe.test>"))


def post(to: str = "ann@example.com", *, at: datetime = NOON, due_at: datetime | None = None) -> None:
    with clock.at(at), platform_transaction("a test posts") as session:
        mail.post(session, to, "Вітаємо,\nAnn", "Open https://floe.example/x\n", None, due_at)


def rows() -> list[Any]:
    with platform_transaction("a test looks") as session:
        return list(session.execute(text("SELECT * FROM mail ORDER BY id")))


@pytest.mark.usefixtures("doors")
def test_a_posted_mail_is_sent_and_its_words_are_wiped(server: Server) -> None:
    post()
    assert mail.send_due(NOON) == 1
    (message,) = server.taken
    assert (message["To"], message["Subject"]) == ("ann@example.com", "Вітаємо, Ann")
    assert message["From"] == "Floe <floe@floe.test>"
    assert "https://floe.example/x" in message.get_content()
    (row,) = rows()
    assert (row.state, row.sent_at, row.body, row.lease_until) == ("sent", NOON, "", None)
    assert message["Message-ID"] == f"<{row.id}@floe.test>"
    assert mail.send_due(NOON) == 0


def post_and_refuse(session: Session, tenant_id: UUID) -> None:
    mail.post(session, "ann@example.com", "Sold", "A lead was sold.", tenant_id)
    raise Refused("no")


def test_a_mail_of_a_deed_that_failed_does_not_exist(world: World, server: Server) -> None:
    with pytest.raises(Refused), transaction(world.acme.id) as session:
        post_and_refuse(session, world.acme.id)
    assert mail.send_due(clock.now()) == 0


def test_a_tenant_posts_in_its_own_name_and_reads_nobodys_mail(world: World) -> None:
    with transaction(world.acme.id) as session:
        mail.post(session, "ann@example.com", "Sold", "A lead was sold.", world.acme.id)
    for statement in ("SELECT * FROM mail", "UPDATE mail SET to_address = 'eve@example.com'"):
        with pytest.raises(Exception, match="permission denied"), transaction(world.acme.id) as session:
            session.execute(text(statement))
    for foreign in (world.bolt.id, None):
        with pytest.raises(Exception, match="row-level security"), transaction(world.acme.id) as session:
            mail.post(session, "ann@example.com", "Sold", "A lead was sold.", foreign)


@pytest.mark.committed
@pytest.mark.usefixtures("doors")
def test_a_worker_is_woken_after_the_commit_unless_the_mail_is_for_later(valkey: Redis) -> None:
    post(due_at=NOON + timedelta(hours=1))
    queue = Queue(jobs.FAST, connection=valkey, serializer=jobs.JSONSerializer)
    assert queue.count == 0
    post()
    (job,) = queue.jobs
    assert job.args[0] == "tenants.mail.send_waiting"


@pytest.mark.usefixtures("doors")
def test_the_woken_worker_and_the_sweeper_send_what_is_due(server: Server) -> None:
    post(at=clock.now())
    jobs.run(mail.send_waiting.path)
    post(at=clock.now(), due_at=clock.now() + timedelta(hours=1))
    mail.send_waiting()
    assert len(server.taken) == 1
    mail.send_forgotten(clock.now() + timedelta(hours=1))
    assert len(server.taken) == 2


@pytest.mark.usefixtures("doors")
def test_a_full_outbox_is_emptied_in_slices(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "AT_ONCE", 2)
    for number in range(5):
        post(f"a{number}@example.com")
    assert mail.send_due(NOON) == 5
    assert sorted(message["To"] for message in server.taken) == [
        f"a{number}@example.com" for number in range(5)
    ]


@pytest.mark.usefixtures("doors")
def test_a_mail_refused_for_now_is_tried_again_five_times_and_then_given_up(server: Server) -> None:
    server.replies["ann@example.com"] = "451 later"
    post()
    now = NOON
    for tries, wait in enumerate((*RETRY_SECONDS, 0), 1):
        assert mail.send_due(now - timedelta(seconds=1)) == 0
        mail.send_due(now)
        (row,) = rows()
        assert row.attempts == tries
        now += timedelta(seconds=wait)
    assert (row.state, row.body) == ("dead", "")
    assert "451" in row.last_error
    server.replies.clear()
    assert mail.send_due(now + timedelta(days=9)) == 0


@pytest.mark.usefixtures("doors")
@pytest.mark.parametrize("where", ["ann@example.com", "data"])
def test_a_mail_refused_for_good_is_not_tried_again_and_the_next_one_is_sent(
    server: Server, where: str
) -> None:
    server.replies[where] = "550 no such mailbox"
    post()
    mail.send_due(NOON)
    (row,) = rows()
    assert (row.state, row.body, row.attempts) == ("dead", "", 1)
    server.replies.clear()
    post("bob@example.com")
    assert mail.send_due(NOON) == 1


@pytest.mark.usefixtures("doors")
def test_when_the_server_is_away_every_mail_waits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    use(port)
    post()
    post("bob@example.com")
    assert mail.send_due(NOON) == 0
    for row in rows():
        assert (row.state, row.attempts, row.due_at) == ("pending", 1, NOON + timedelta(minutes=1))
        assert "does not answer" in row.last_error
        assert row.body


@pytest.mark.usefixtures("doors")
def test_a_mail_whose_sender_was_killed_is_sent_when_the_lease_ends(server: Server) -> None:
    post()
    assert len(mail._claim(NOON)) == 1
    assert mail.send_due(NOON + timedelta(minutes=9)) == 0
    assert mail.send_due(NOON + timedelta(minutes=10)) == 1
    assert rows()[0].attempts == 2


@pytest.mark.usefixtures("doors")
def test_who_lost_the_lease_cannot_overwrite_what_came_after(server: Server) -> None:
    post()
    (late,) = mail._claim(NOON)
    mail.send_due(NOON + timedelta(minutes=10))
    mail._record_failure(late, NotSent("too late", is_final=True), NOON)
    assert rows()[0].state == "sent"


@pytest.mark.usefixtures("doors")
def test_a_connection_lost_in_between_leaves_the_rest_for_later(server: Server) -> None:
    server.replies["data"] = "421 closing"
    post()
    post("bob@example.com")
    assert mail.send_due(NOON) == 0
    assert {row.state for row in rows()} == {"pending"}


def test_a_mail_with_contact_data_is_sent_without_being_stored(server: Server) -> None:
    mail.send_now(Letter("ann@example.com", "New lead", "Phone: +380501234567"))
    assert "+380501234567" in server.taken[0].get_content()
    server.replies["ann@example.com"] = "550 no"
    with pytest.raises(NotSent) as failure:
        mail.send_now(Letter("ann@example.com", "New lead", "Phone"))
    assert failure.value.is_final


def test_an_address_the_server_cannot_take_is_an_answer_not_a_crash() -> None:
    with smtp_server(is_ascii_only=True) as server:
        use(server.port)
        for to, is_final in (("", True), ("анна@example.com", False)):
            with pytest.raises(NotSent) as failure:
                mail.send_now(Letter(to, "New lead", "Phone"))
            assert failure.value.is_final == is_final


@pytest.mark.parametrize("is_tls_at_once", [True, False])
def test_the_password_goes_over_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_tls_at_once: bool
) -> None:
    context, trusted = certificate(tmp_path)
    with smtp_server(tls=context, is_tls_at_once=is_tls_at_once) as server:
        use(server.port, USER)
        if is_tls_at_once:
            monkeypatch.setattr(mail, "IMPLICIT_TLS_PORT", server.port)
        with pytest.raises(NotSent, match="certificate"):
            mail.send_now(Letter("ann@example.com", "Hello", "Hello"))
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        mail.send_now(Letter("ann@example.com", "Hello", "Hello"))
        assert server.logged_in == [USER]
        use(server.port, USER, "wrong")
        with pytest.raises(NotSent) as failure:
            mail.send_now(Letter("ann@example.com", "Hello", "Hello"))
        assert not failure.value.is_final


def test_without_tls_the_password_is_not_sent(server: Server) -> None:
    use(server.port, USER)
    with pytest.raises(NotSent, match="not sent in clear"):
        mail.send_now(Letter("ann@example.com", "Hello", "Hello"))
    assert not server.logged_in


def test_without_settings_nothing_is_sent() -> None:
    mail._smtp = None
    with pytest.raises(RuntimeError, match="use_smtp"):
        mail.send_now(Letter("ann@example.com", "Hello", "Hello"))


@pytest.mark.committed
@pytest.mark.usefixtures("doors")
def test_two_workers_never_claim_the_same_mail_nor_wait_for_each_other() -> None:
    post()
    words = {"now": NOON, "lease": NOON + mail.LEASE, "limit": mail.AT_ONCE}
    with platform_transaction("a test claims slowly") as session:
        assert len(session.execute(mail._CLAIM, words).all()) == 1
        assert mail._claim(NOON) == []
