"""Whether the day or the month stands first, told by the values of a column."""

import pytest

from app.leads import date_orders, tally
from app.leads.date_orders import DAY_FIRST, MONTH_FIRST, MONTH_FIRST_TOLD, Proof, proof, settled
from app.leads.tally import Tally, unpacked_proofs

OPEN, US, EU, ISO = "10/11/2026 09:00", "11/20/2026 09:00", "20/11/2026 09:00", "2026-11-20 09:00"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([OPEN, US, " 1/31/26"], Proof(0, 2, 1)),
        ([OPEN, EU, "20.11.2026", "20-11-2026"], Proof(3, 0, 1)),
        ([US, EU], Proof(1, 1, 0)),
        ([OPEN, "1/2/26"], Proof(0, 0, 2)),
        (
            [
                ISO,
                "11.11.2026",
                "33.14.2026",
                "14/15/2026",
                "0/20/2026",
                "20 Nov 2026",
                "—",
                "",
                "10/11-2026",
            ],
            Proof(),
        ),
    ],
)
def test_only_what_cannot_be_read_the_other_way_proves_an_order(values: list[str], found: Proof) -> None:
    assert proof(((value, 1) for value in values), is_whole=False) == found
    assert proof(((value[: date_orders.PREFIX], 1) for value in values), is_whole=False) == found


@pytest.mark.parametrize(
    ("said", "usual", "found", "kept"),
    [
        (None, None, Proof(0, 1, 9), MONTH_FIRST_TOLD),
        (None, MONTH_FIRST, Proof(1, 0, 9), None),
        (None, MONTH_FIRST, Proof(0, 0, 9), MONTH_FIRST_TOLD),
        (None, MONTH_FIRST_TOLD, None, MONTH_FIRST_TOLD),
        (None, None, Proof(2, 3, 9), MONTH_FIRST_TOLD),
        (None, None, Proof(3, 3, 9), None),
        (DAY_FIRST, None, Proof(0, 9, 9), DAY_FIRST),
        (MONTH_FIRST, None, Proof(9, 0, 9), MONTH_FIRST),
    ],
)
def test_a_choice_goes_before_a_proof_and_a_proof_before_what_is_usual(
    said: str | None, usual: str | None, found: Proof | None, kept: str | None
) -> None:
    assert settled(said, usual, found) == kept


def test_every_row_of_a_column_tells_however_many_values_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST_DIFFERENT", 3)
    made = Tally(3)
    made.add([(line, [f"10/11/2026 09:0{line}", f"+38067{line}", ISO[:-1] + str(line)]) for line in range(5)])
    made.add([(line, [US, "11/20/2026", US]) for line in range(5, 9)])
    packed = made.packed()
    assert tally.of_whole(tally.unpacked(packed), 0) is None, "too many to be counted one by one"
    times, phones, iso_at_first = unpacked_proofs(packed)
    assert times == Proof(0, 4, 5, is_whole=True)
    assert not phones, "no column of dates"
    assert iso_at_first == Proof(0, 4, 0, is_whole=True)


def test_a_file_counted_before_there_were_proofs_has_none() -> None:
    assert unpacked_proofs(b'[[["a", 1]], null]') == []
    assert tally.unpacked(b'[[["a", 1]], null]') == [[["a", 1]], None]
