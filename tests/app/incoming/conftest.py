"""What the tests of incoming leads share."""

from tests.app.pages.conftest import stranger, visitor
from tests.under_fire.conftest import new_ground, site

__all__ = ["new_ground", "site", "stranger", "visitor"]
