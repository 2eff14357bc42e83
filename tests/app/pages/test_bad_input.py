"""What no page takes, wherever it is written: refused in words, nothing written."""

import pytest

from tests.app.pages.visitor import Visitor
from tests.world import World


@pytest.mark.parametrize(
    "address",
    ["/market?country=%00", "/leads/bought?vertical=%00", "/basket/bought/%00", "/leads/bought?q=a%00b"],
)
def test_a_nul_in_an_address_is_refused_in_words(visitor: Visitor, world: World, address: str) -> None:
    visitor.log_in(world.bolt.owner.email)
    answer = visitor.client.get(address)
    assert answer.status_code == 422
    assert "NUL" in answer.get_data(as_text=True)


@pytest.mark.parametrize("fields", [{"amount": "20.00", "key": "a\0b"}, {"amount": "20.00\0"}])
def test_a_nul_in_a_form_is_refused_in_words(visitor: Visitor, world: World, fields: dict[str, str]) -> None:
    visitor.log_in(world.bolt.owner.email)
    visitor.open("/wallet")
    visitor.submit("/wallet", **fields)
    assert visitor.status == 422
    assert "NUL" in visitor.words
