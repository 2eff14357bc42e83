"""What the tests of pages share."""

import pytest
from flask import Flask

from tests.app.pages.visitor import Visitor


@pytest.fixture
def visitor(app: Flask, doors: None) -> Visitor:
    """Somebody who is not logged in."""
    return Visitor(app.test_client())


@pytest.fixture
def stranger(app: Flask, doors: None) -> Visitor:
    """Another browser."""
    return Visitor(app.test_client())
