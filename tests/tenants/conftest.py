"""What the tests of tenants share: the address that mailed links begin with."""

from collections.abc import Iterator

import pytest

from tenants import letters


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    before = letters._base_url
    letters.use_base_url("https://floe.example/")
    yield
    letters._base_url = before
