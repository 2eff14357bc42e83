"""CSV files: how they are written, and that no record is lost, cut or joined silently."""

import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.leads import csv_file
from app.leads.csv_file import BrokenRow, Dialect, Row, inspect, read_rows, sample_rows

PLAIN = Dialect("utf-8", ",", '"', False, 3)


def rows_of(data: bytes, dialect: Dialect, piece: int = 7) -> list[tuple[int, Row]]:
    pieces = (data[start : start + piece] for start in range(0, len(data), piece))
    return list(read_rows(pieces, dialect))


def codes(data: bytes, dialect: Dialect = PLAIN) -> list[tuple[int, str | list[str]]]:
    return [(line, row.code if isinstance(row, BrokenRow) else row) for line, row in rows_of(data, dialect)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_way_to_write_a_table_is_recognised(encoding: str, delimiter: str, line_end: str) -> None:
    table = [["ПІБ", "Телефон", "Сума"], ["Олена Бондар", "0671234567", "12,5"], ["Ігор", "0501112233", ""]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(table)
    data = out.getvalue().encode(encoding)
    dialect = inspect(data, len(data))
    assert (dialect.encoding, dialect.delimiter, dialect.has_header, dialect.width) == (
        encoding,
        delimiter,
        True,
        3,
    )
    assert dialect.headers == ("ПІБ", "Телефон", "Сума")
    assert rows_of(data, dialect) == [(2, table[1]), (3, table[2])]


def test_a_first_row_of_data_is_no_heading() -> None:
    data = b"Olena,0671234567,a@b.com\nIhor,0501112233,c@d.com\n"
    dialect = inspect(data, len(data))
    assert (dialect.has_header, dialect.headers) == (False, ())
    assert [line for line, _ in rows_of(data, dialect)] == [1, 2]


def test_a_separator_line_of_excel_is_obeyed_and_skipped() -> None:
    data = b"sep=;\r\nname;sum\r\nOlena;1,5\r\n"
    dialect = inspect(data, len(data))
    assert (dialect.delimiter, dialect.skip_lines, dialect.headers) == (";", 1, ("name", "sum"))
    assert rows_of(data, dialect) == [(3, ["Olena", "1,5"])]


def test_a_dialect_survives_being_stored() -> None:
    data = b"name,sum\nOlena,1\n"
    dialect = inspect(data, len(data))
    stored = {name: getattr(dialect, name) for name in Dialect.__dataclass_fields__} | {
        "headers": ["name", "sum"]
    }
    assert Dialect.from_json(stored) == dialect


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    data = b'a,b,c\n"1\n1","2\r\n2",3\n\n,,\n4,5,6\n'
    dialect = Dialect("utf-8", ",", '"', True, 3, ("a", "b", "c"))
    assert rows_of(data, dialect) == [(2, ["1\n1", "2\r\n2", "3"]), (7, ["4", "5", "6"])]


def test_rows_of_another_width_are_reported_and_empty_cells_at_the_end_are_not() -> None:
    assert codes(b"1,2\n1,2,3,4\n1,2,3,,\n") == [(1, "short_row"), (2, "long_row"), (3, ["1", "2", "3"])]
    (_, broken), *_ = rows_of(b"1,2\n", PLAIN)
    assert broken == BrokenRow("short_row", {"found": 2, "expected": 3}, ("1", "2"))


def test_a_quote_never_closed_costs_its_own_row_only() -> None:
    assert codes(b'1,2,3\n"1,2,3\n4,5,6\n7,8,9\n') == [
        (1, ["1", "2", "3"]),
        (2, "unterminated_quote"),
        (3, ["4", "5", "6"]),
        (4, ["7", "8", "9"]),
    ]


def test_a_stray_quote_costs_its_own_row_only() -> None:
    assert codes(b'"Romashka" LLC,2,3\n4,5" pipe,6\n') == [(1, "stray_quote"), (2, ["4", '5" pipe', "6"])]


def test_bytes_of_another_encoding_cost_their_own_row_only() -> None:
    data = "Олена,1,2\n".encode() + b"\xcb\xb8\xe0,1,2\n" + "Ігор,1,2\n".encode()
    assert codes(data) == [(1, ["Олена", "1", "2"]), (2, "undecodable_bytes"), (3, ["Ігор", "1", "2"])]


def test_an_undecodable_row_swallowed_by_an_open_quote_is_still_reported() -> None:
    assert codes(b'"1,2,3\n\xcb,5,6\n') == [(1, "unterminated_quote"), (2, "undecodable_bytes")]


def test_controls_and_direction_marks_are_stripped_and_accents_are_composed() -> None:
    data = "a\x00b\u202ec\ufeff,й,\u200e1\n".encode()
    assert codes(data) == [(1, ["abc", "й", "1"])]


def test_a_cell_too_long_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(b"1," + b"x" * 32769 + b",3\n4,5,6\n") == [(1, "cell_too_long"), (2, ["4", "5", "6"])]
    assert codes(b"1," + b"x" * 140_000 + b",3\n4,5,6\n") == [(1, "cell_too_long"), (2, ["4", "5", "6"])]
    monkeypatch.setattr(csv_file, "LONGEST_RECORD", 100)
    assert codes(b"1,2,3\n" + b"x" * 250 + b"\n4,5,6\n") == [
        (1, ["1", "2", "3"]),
        (2, "record_too_long"),
        (3, ["4", "5", "6"]),
    ]


CELLS = st.text(st.sampled_from("ab1 ,;\"'\n\r\tїйЖ"), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=5), max_size=12), st.sampled_from(",;\t"), st.booleans())
def test_every_record_a_writer_writes_is_accounted_for(
    table: list[list[str]], delimiter: str, is_quoted: bool
) -> None:
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n", quoting=quoting).writerows(table)
    dialect = Dialect("utf-8", delimiter, '"', False, 3)
    found = rows_of(out.getvalue().encode(), dialect)
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
@given(st.text(st.sampled_from('a1,"\n\r\ufeff\x00ї'), max_size=60))
def test_every_line_of_any_scribble_belongs_to_exactly_one_record(text: str) -> None:
    found = rows_of(text.encode(), PLAIN)
    starts = [line for line, _ in found]
    assert starts == sorted(set(starts))
    letters = sum(text.count(letter) for letter in "a1ї")
    kept = sum(
        sum("".join(row.cells if isinstance(row, BrokenRow) else row).count(letter) for letter in "a1ї")
        for _, row in found
    )
    assert kept == letters


def test_memory_does_not_grow_with_the_file() -> None:
    def chunks(count: int) -> Iterator[bytes]:
        yield from (b"1,2," + b"x" * 1000 + b"\n" for _ in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        assert sum(1 for _ in read_rows(chunks(count), PLAIN)) == count
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(5_000) < 1.2 * peak(1_000)


def test_an_open_quote_does_not_read_the_whole_file_into_memory() -> None:
    data = [b'"never closed\n', *(b"1,2," + b"x" * 1000 + b"\n" for _ in range(8_000))]
    tracemalloc.start()
    found = sum(1 for _ in read_rows(iter(data), PLAIN))
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == 8_001
    assert top < 6_000_000


def test_a_sample_holds_whole_rows_only() -> None:
    data = b"name,sum\nOlena,10\nIhor,200\n"
    dialect = inspect(data, len(data))
    assert sample_rows(data[:22], dialect) == [["Olena", "10"]]
    assert sample_rows(data, dialect, limit=1) == [["Olena", "10"]]
