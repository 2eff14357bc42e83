"""Files made to harm are refused or defused in two seconds of work and 150 MB."""

from pathlib import Path

import pytest

from tests.app.leads.files.hostile import DEFUSED, REFUSED
from tests.app.leads.files.measured import measure

MOST_SECONDS, MOST_MEGABYTES = 2, 150


@pytest.mark.parametrize("name", [*REFUSED, *DEFUSED])
def test_a_hostile_file_costs_little(name: str, tmp_path: Path) -> None:
    told = measure(name, tmp_path / "hostile")
    _, code = REFUSED.get(name, (None, ""))
    assert told["code"] == code
    assert float(told["cpu_seconds"]) <= MOST_SECONDS
    assert float(told["megabytes"]) <= MOST_MEGABYTES
