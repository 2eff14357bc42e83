"""CSV records: that none is lost, cut or joined silently, wherever the pieces of the file end."""

import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.leads.files.csv_records import read_records
from app.leads.files.kinds import BrokenQuotes
from app.leads.files.layout import BrokenRow, Layout, Row

PLAIN = Layout("csv", encoding="utf-8", delimiter=",", quotechar='"', width=3)


def rows_of(data: bytes, layout: Layout = PLAIN, piece: int = 7) -> list[tuple[int, Row]]:
    pieces = (data[start : start + piece] for start in range(0, len(data), piece))
    return [line for block in read_records(pieces, layout) for line in block]


def codes(data: bytes, piece: int = 7) -> list[tuple[int, str | list[str]]]:
    found = rows_of(data, piece=piece)
    return [(line, row.code if isinstance(row, BrokenRow) else row) for line, row in found]


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_lines_are_counted_as_an_editor_counts_them(piece: int) -> None:
    data = b'a,b,c\n"1\n1","2\r\n2",3\n\n,,\n4,5,6\r7,8,9\r\n1,2,3'
    assert rows_of(data, piece=piece) == [
        (1, ["a", "b", "c"]),
        (2, ["1\n1", "2\r\n2", "3"]),
        (7, ["4", "5", "6"]),
        (8, ["7", "8", "9"]),
        (9, ["1", "2", "3"]),
    ]


def test_rows_of_another_width_are_reported_and_empty_cells_at_the_end_are_not() -> None:
    assert codes(b"1,2\n1,2,3,4\n1,2,3,,\n") == [(1, "short_row"), (2, "long_row"), (3, ["1", "2", "3"])]
    (_, broken), *_ = rows_of(b"1,2\n")
    assert broken == BrokenRow("short_row", {"found": 2, "expected": 3}, ("1", "2"))


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_a_quote_never_closed_costs_its_own_row_only(piece: int) -> None:
    assert codes(b'1,2,3\n"1,2,3\n4,5,6\n7,8,9\n', piece) == [
        (1, ["1", "2", "3"]),
        (2, "unterminated_quote"),
        (3, ["4", "5", "6"]),
        (4, ["7", "8", "9"]),
    ]


def test_a_stray_quote_costs_its_own_row_only() -> None:
    assert codes(b'"Romashka" a "b",2,3\n4,5" pipe,6\n') == [(1, "stray_quote"), (2, ["4", '5" pipe', "6"])]
    assert codes(b'"Romashka" LLC,2\n') == [(1, "stray_quote")]


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_a_name_in_marks_is_no_frame_when_only_that_reading_fits_the_table(piece: int) -> None:
    assert codes(b'"Romashka" LLC,"2, 3",3\n"Romashka" LLC,"2",3\n', piece) == [
        (1, "stray_quote"),
        (2, ['"Romashka" LLC', "2", "3"]),
    ]


def test_bytes_of_another_encoding_cost_their_own_row_only() -> None:
    data = "Олена,1,2\n".encode() + b"\xcb\xb8\xe0,1,2\n" + "Ігор,1,2\n".encode()
    assert codes(data) == [(1, ["Олена", "1", "2"]), (2, "undecodable_bytes"), (3, ["Ігор", "1", "2"])]


def test_an_undecodable_row_swallowed_by_an_open_quote_is_still_reported() -> None:
    assert codes(b'"1,2,3\n\xcb,5,6\n') == [(1, "unterminated_quote"), (2, "undecodable_bytes")]


@pytest.mark.parametrize("piece", [1, 2, 3, 1000])
def test_controls_and_direction_marks_are_stripped_and_accents_are_composed(piece: int) -> None:
    data = "a\x00b\u202ec\ufeff,й,\u200e1\n".encode()
    (_, cells), *_ = codes(data, piece)
    assert (cells[0], cells[2]) == ("abc", "1")
    assert cells[1] == "й" or piece < 5, "the accent came with the same piece"


def test_a_cell_or_a_record_too_long_is_reported() -> None:
    assert codes(b"1," + b"x" * 32769 + b",3\n4,5,6\n", 5000) == [(1, "cell_too_long"), (2, ["4", "5", "6"])]
    assert codes(b"1," + b"x" * 140_000 + b",3\n4,5,6\n", 5000)[0] == (1, "cell_too_long")


@pytest.mark.parametrize("piece", [262_143, 262_144, 3_000_000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_line_without_end_costs_itself_only(piece: int, end: bytes) -> None:
    data = b"1,2,3" + end + b"x" * 2_000_000 + end + b"4,5,6" + end
    assert codes(data, piece) == [
        (1, ["1", "2", "3"]),
        (2, "record_too_long"),
        (3, ["4", "5", "6"]),
    ]


def test_quotes_that_send_the_reader_in_circles_are_refused() -> None:
    with pytest.raises(BrokenQuotes):
        rows_of(b'a","\n' * 600_000, piece=262_144)


CELLS = st.text(st.sampled_from("ab1 ,;\"'\n\r\tїйЖ"), max_size=6)
PIECES = st.sampled_from([1, 2, 7, 64, 100_000])


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=5), max_size=12),
    st.sampled_from(",;\t|"),
    st.booleans(),
    PIECES,
)
def test_every_record_a_writer_writes_is_accounted_for(
    table: list[list[str]], delimiter: str, is_quoted: bool, piece: int
) -> None:
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n", quoting=quoting).writerows(table)
    layout = Layout("csv", encoding="utf-8", delimiter=delimiter, quotechar='"', width=3)
    found = rows_of(out.getvalue().encode(), layout, piece)
    expected = [row for row in table if "".join(row).strip()]
    assert [list(row.cells) if isinstance(row, BrokenRow) else row for _, row in found] == [
        without_tail(row) for row in expected
    ]
    assert [isinstance(row, BrokenRow) for _, row in found] == [
        len(without_tail(row)) != 3 for row in expected
    ]
    assert len({line for line, _ in found}) == len(found)


def without_tail(row: list[str]) -> list[str]:
    row = list(row)
    while len(row) > 3 and not row[-1].strip():
        row.pop()
    return row


@settings(max_examples=300)
@given(st.text(st.sampled_from('a1,"\n\r\ufeff\x00ї'), max_size=60), PIECES)
def test_every_line_of_any_scribble_belongs_to_exactly_one_record(text: str, piece: int) -> None:
    found = rows_of(text.encode(), PLAIN, piece)
    starts = [line for line, _ in found]
    assert starts == sorted(set(starts))
    letters = sum(text.count(letter) for letter in "a1ї")
    kept = sum(
        sum("".join(row.cells if isinstance(row, BrokenRow) else row).count(letter) for letter in "a1ї")
        for _, row in found
    )
    assert kept == letters
    assert found == rows_of(text.encode(), PLAIN, 100_000)


def test_memory_does_not_grow_with_the_file() -> None:
    def chunks(count: int) -> Iterator[bytes]:
        yield from ((b"1,2," + b"x" * 1000 + b"\n") * 100 for _ in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        assert sum(len(block) for block in read_records(chunks(count), PLAIN)) == 100 * count
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(100) < 1.2 * peak(20)


def test_an_open_quote_does_not_read_the_whole_file_into_memory() -> None:
    data = [b'"never closed\n', *(b"1,2," + b"x" * 1000 + b"\n" for _ in range(8_000))]
    tracemalloc.start()
    found = sum(len(block) for block in read_records(iter(data), PLAIN))
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == 8_001
    assert top < 12_000_000
