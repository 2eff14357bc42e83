"""The reading process: nothing the bytes do to it reaches the caller but rows or a refusal, and it never stays behind."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.leads.files import sandbox
from app.leads.files.encoding import ENCODINGS
from app.leads.files.kinds import BadFile, FileTooLarge, TooManyRows, UnreadableFile, WishNotPossible
from app.leads.files.layout import MOST_ROWS, BrokenRow, Layout, Wishes
from app.leads.files.sandbox import blocks, look_at
from tests.app.leads.files.workbooks import raw_xlsx, xlsx

LAYOUT = Layout("csv", "", "utf-8", ",", '"', header_row=1, header_rows=1, width=2, headers=("name", "phone"))
ROW = b"Olena,0671234567\n"


def children() -> set[int]:
    """The reading processes of this one."""
    told = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text("ascii")
    return {int(pid) for pid in told.split() if b"app.leads.files.child" in _command(pid)}


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def many(rows: int) -> Iterator[bytes]:
    yield b"name,phone\n"
    for _ in range(rows // 1000):
        yield ROW * 1000


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    assert not children()


def test_formulas_without_a_saved_result_are_counted() -> None:
    cells = [
        '<c r="A1" t="inlineStr"><is><t>Phone</t></is></c><c r="B1" t="inlineStr"><is><t>Name</t></is></c>',
        '<c r="A2"><f>1+1</f></c><c r="B2"><v>1</v></c>',
        '<c r="A3"><f>1+1</f><v></v></c><c r="B3"><v>1</v></c>',
        '<c r="A4"><f t="shared" si="0"/><v /></c><c r="B4"><v>1</v></c>',
        '<c r="A5"><f t="shared" si="0"/><v>2</v></c><c r="B5"><f>1+1</f><v>2</v></c>',
        '<c r="A6" t="str"><f>A1</f><v>2</v></c><c r="B6"><v>1</v></c>',
        '<c r="A7" t="str"><f>IF(A1="","",A1)</f><v></v></c><c r="B7"><v>1</v></c>',
    ]
    rows = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(cells, 1))
    layout = look_at([raw_xlsx(rows)]).layout
    assert layout.unsaved_formulas == 3
    assert [row for block in blocks([raw_xlsx(rows)], layout) for _, row in block][-3:] == [
        ["2", "2"],
        ["2", "1"],
        ["", "1"],
    ]
    assert look_at([xlsx({"Leads": [["Phone", "Name"], ["=1+1", "Olena"]]})]).layout.unsaved_formulas == 0


@pytest.mark.parametrize(
    ("table", "delimiter"),
    [
        ("Name:Phone:City\nOlena:0671234567:Lviv, Rynok\nIhor:0501112233:Kyiv, Podil\n", ":"),
        ("Name:Phone:City\n" + "Olena:0671234567:Lviv, Rynok\n" * 4, ":"),
        ("Time\n" + "12:30:00\n" * 20, ";"),
        ("Name:Phone\nOlena:0671234567\nIhor:0501112233\n", ";"),
        ("Time,Phone\n" + "12:30:00,0671234567\n" * 20, ","),
        ("From:to:day,Phone\n" + "1:2:3,067\n" * 8 + "1:2:3,067,9\n", ","),
        ("Phone\n" + "0671#23#4567\n" * 5 + "067\n" * 5, ";"),
    ],
)
def test_a_rare_mark_parts_cells_only_where_nothing_else_does_and_the_heading_agrees(
    table: str, delimiter: str
) -> None:
    assert look_at([table.encode()]).layout.delimiter == delimiter


def test_every_row_comes_once_in_blocks_of_the_size_asked_for() -> None:
    found = list(blocks(many(5000), LAYOUT, rows_in_block=1500))
    assert [len(block) for block in found] == [1500, 1500, 1500, 500]
    assert [line for block in found for line, _ in block] == list(range(2, 5002))
    rest = list(blocks(many(5000), LAYOUT, skip_rows=4999))
    assert rest == [[(5001, ["Olena", "0671234567"])]]


def test_long_rows_come_in_smaller_blocks() -> None:
    row = b"x" * 30_000 + b",1\n"
    found = [len(block) for block in blocks([b"name,phone\n", *[row * 20] * 20], LAYOUT)]
    assert sum(found) == 400
    assert max(found) < 200


def test_stopping_early_ends_the_process() -> None:
    reading = blocks(many(1_000_000), LAYOUT)
    next(reading)
    (child,) = children()
    reading.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_fault_of_whoever_feeds_the_file_is_the_callers_own() -> None:
    def broken() -> Iterator[bytes]:
        yield b"name,phone\n"
        raise ConnectionError("the store is away")

    with pytest.raises(ConnectionError):
        look_at(broken())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_dies_is_a_refusal(number: signal.Signals) -> None:
    reading = blocks(many(1_000_000), LAYOUT)
    next(reading)
    (child,) = children()
    os.kill(child, number)
    with pytest.raises(UnreadableFile):
        list(reading)


def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "READ_SECONDS", 1)
    reading = blocks(many(1_000_000), LAYOUT)
    next(reading)
    (child,) = children()
    os.kill(child, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(UnreadableFile):
        list(reading)
    assert time.monotonic() - began < 10


def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "reader.py"
    script.write_text(
        "import sys\nsys.path.insert(0, sys.argv[1])\nfrom app.leads.files import sandbox\n"
        "from tests.app.leads.files.test_sandbox import LAYOUT, children, many\n"
        "reading = sandbox.blocks(many(10**9), LAYOUT)\nnext(reading)\nprint(*children(), flush=True)\ninput()\n",
        "ascii",
    )
    command = (sys.executable, str(script), str(Path(sandbox.__file__).parents[3]))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while (gone := not _lives(child)) is False and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_it_is_shut_in() -> None:
    reading = blocks(many(1_000_000), LAYOUT)
    next(reading)
    (child,) = children()
    limits = {
        line[:25].strip(): line[26:].split()[0]
        for line in Path(f"/proc/{child}/limits").read_text("ascii").splitlines()
    }
    reading.close()
    assert (limits["Max core file size"], limits["Max open files"]) == ("0", "16")
    assert int(limits["Max address space"]) <= 150 * 1024 * 1024
    assert int(limits["Max cpu time"]) <= sandbox.READ_SECONDS


def test_it_knows_no_database_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOE_ROOT_KEY", "secret")
    reading = blocks(many(1_000_000), LAYOUT)
    next(reading)
    (child,) = children()
    loaded = Path(f"/proc/{child}/maps").read_text("utf-8")
    assert os.getsid(child) == child
    reading.close()
    assert "psycopg" not in loaded
    assert "cryptography" not in loaded


def test_limits_are_told() -> None:
    with pytest.raises(FileTooLarge) as large:
        look_at(b"x" * (1 << 20) for _ in range(201))
    assert large.value.details == {"limit": 200}
    rows = (row for block in blocks((ROW * 1000 for _ in range(1002)), LAYOUT) for row in block)
    with pytest.raises(TooManyRows) as long:
        sum(1 for _ in rows)
    assert long.value.details == {"limit": MOST_ROWS}


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(encoding="utf-7"),
        Wishes(delimiter="x"),
        Wishes(quotechar="%"),
        Wishes(header_row=99),
        Wishes(header_row=-1),
    ],
)
def test_an_impossible_wish_is_refused(wishes: Wishes) -> None:
    with pytest.raises(WishNotPossible):
        look_at([b"name,phone\n" + ROW], wishes)


def test_wishes_are_followed() -> None:
    text = "Звіт;1\nГрупа;\nПІБ;Телефон\nОлена;067\n".encode("koi8-u")
    look = look_at([text], Wishes("koi8-u", ";", "", header_row=2, header_rows=2))
    assert look.layout.headers == ("Група / ПІБ", "Група / Телефон")
    assert look.raw[0] == (1, ["Звіт", "1"])
    assert look.samples == [["Олена", "067"]]
    none = look_at([text], Wishes(header_row=0))
    assert (none.layout.header_row, none.layout.headers, len(none.samples)) == (0, (), 4)
    book = xlsx({"A": [["x"], ["1"]], "B": [["name"], ["Olena"]]})
    assert look_at([book], Wishes(sheet="B")).samples == [["Olena"]]
    with pytest.raises(WishNotPossible):
        look_at([book], Wishes(sheet="C"))


LETTERS = "абвгїєіґАБЇ" + "ąćęłńóśźżĄŁ" + "äöüßéè" + "ab1 ,;|\t\"'\n\r"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_table_a_writer_writes_comes_back_equal(data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(ENCODINGS))
    letters = [letter for letter in LETTERS if letter.encode(encoding, "ignore")]
    cells = st.text(st.sampled_from(letters), max_size=8)
    width = data.draw(st.integers(2, 5))
    table = data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8))
    delimiter, quote = data.draw(st.sampled_from(",;\t|")), data.draw(st.sampled_from("\"'"))
    line_end, piece = (
        data.draw(st.sampled_from(["\n", "\r\n", "\r"])),
        data.draw(st.sampled_from([1, 3, 999])),
    )
    out = io.StringIO()
    csv.writer(
        out, delimiter=delimiter, quotechar=quote, lineterminator=line_end, quoting=csv.QUOTE_ALL
    ).writerows(table)
    raw = out.getvalue().encode(encoding)
    layout = Layout("csv", "", encoding, delimiter, quote, width=width)
    pieces = [raw[start : start + piece] for start in range(0, len(raw), piece)]
    found = [row for block in blocks(pieces, layout) for _, row in block]
    assert not [row for row in found if isinstance(row, BrokenRow)]
    assert found == [row for row in table if "".join(row).strip()]


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(scribble: bytes) -> None:
    for data in (
        scribble,
        b"PK\x03\x04" + scribble,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + scribble,
        b"\x1f\x8b\x08" + scribble,
    ):
        try:
            look = look_at([data])
            list(blocks([data], look.layout))
        except BadFile as refusal:
            _ = refusal.message % refusal.details  # a sentence with all its places filled
