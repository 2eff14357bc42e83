"""Channels: the closed list, named in every language."""

from app.leads.channels import CHANNELS
from app.leads.countries import LANGUAGES


def test_the_list_holds_the_twenty_channels_with_a_name_in_every_language() -> None:
    assert len(CHANNELS) == 20
    for code, channel in CHANNELS.items():
        assert channel.code == code
        assert all(channel.label(language) for language in LANGUAGES)
    assert CHANNELS["call_back"].label("de") == "Call-back request"
