"""The sprite: complete, cacheable for ever, and loud about an icon it does not hold."""

from xml.etree import ElementTree

import pytest

from app import icons
from tests.app.face import face


def test_the_sprite_holds_every_icon_once_and_the_list_is_sorted() -> None:
    ids = [symbol.get("id") for symbol in ElementTree.fromstring(icons.sprite())]  # noqa: S314
    assert ids == [*icons.ICONS, "blank"]
    assert list(icons.ICONS) == sorted(set(icons.ICONS))


def test_the_sprite_is_served_under_its_own_address_and_kept_for_ever() -> None:
    answer = face().test_client().get(icons.sprite_path())
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.get_data(as_text=True) == icons.sprite()


def test_an_icon_points_into_the_sprite_and_is_not_read_aloud() -> None:
    assert (
        icons.icon("check")
        == f'<svg class="icon" aria-hidden="true"><use href="{icons.sprite_path()}#check"/></svg>'
    )


def test_an_icon_outside_the_sprite_is_refused() -> None:
    with pytest.raises(icons.UnknownIconError, match="add it to ICONS"):
        icons.icon("no-such-icon")


def test_the_sprite_has_no_style_and_no_script() -> None:
    assert "style=" not in icons.sprite()
    assert "<script" not in icons.sprite()
