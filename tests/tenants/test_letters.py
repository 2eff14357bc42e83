"""The mails that let people in: complete sentences with a working link."""

from uuid import UUID

import pytest

from tenants import letters
from tenants.db import platform_transaction
from tenants.letters import Reader
from tests.tenants.post_box import posted
from tests.world import World

ANN = Reader("ann@example.com", "Ann 100%", "en")


def test_every_letter_greets_by_name_and_has_its_link(world: World) -> None:
    with platform_transaction("a test posts") as session:
        letters.send_confirmation(session, ANN, "tok-1")
        letters.send_already_known(session, ANN, "tok-2")
        letters.send_reset(session, ANN, "tok-3")
        letters.send_password_changed(session, ANN)
        letters.send_approved(session, ANN, "Acme & Sons 5%")
        letters.send_suspended(session, ANN, "Acme", "100 % spam")
        letters.send_invitation(session, "bob@example.com", "Ann", world.acme.card, "tok-4")
    mails = posted()
    assert all(mail.body.startswith("Hello Ann 100%,\n\n") for mail in mails[:-1])
    assert mails[-1].body.startswith("Hello,\n\nAnn invites you")
    links = [
        "/confirm/tok-1",
        "/reset/tok-2",
        "/reset/tok-3",
        "/forgot",
        "/\n",
        "100 % spam",
        "/invitation/tok-4",
    ]
    for mail, link in zip(mails, links, strict=True):
        assert link in mail.body
        assert mail.subject
        assert "%(" not in mail.subject + mail.body
    assert "https://floe.example/log-in" in mails[1].body
    assert mails[4].subject == "Acme & Sons 5% is approved at Floe"


def test_only_an_invitation_belongs_to_a_tenant(world: World) -> None:
    with platform_transaction("a test posts") as session:
        letters.send_invitation(session, "bob@example.com", "Ann", world.acme.card, "tok")
        letters.send_reset(session, ANN, "tok")
        from sqlalchemy import text

        owners: list[UUID | None] = list(session.scalars(text("SELECT tenant_id FROM mail ORDER BY id")))
    assert owners == [world.acme.id, None]


def test_without_an_address_no_link_is_made() -> None:
    letters.use_base_url("")
    with pytest.raises(RuntimeError, match="use_base_url"):
        letters.link("/")
