"""A workbook with declarations is refused for them, and not for its size."""

import pytest

from app.leads.files.kinds import DECLARES, HarmfulFile
from tests.app.leads.files.workbooks import ods, raw_xlsx
from tests.app.leads.uploads import Desk
from tests.world import World

DOCTYPE = "<!DOCTYPE x>"


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods"])
def test_the_reason_is_the_declaration(world: World, name: str) -> None:
    data = raw_xlsx("", before=DOCTYPE) if name.endswith("xlsx") else ods("", prolog=DOCTYPE)
    with pytest.raises(HarmfulFile, match="DOCTYPE") as refused:
        Desk(world.acme).receive(data, name)
    assert refused.value.message == DECLARES
