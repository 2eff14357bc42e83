"""Workbooks: 50,000 rows of 12 columns through the reading process, against openpyxl reading only.

Both read every cell of the same file in turns; ours also unpacks the file twice (once to look for harm), writes every
cell as text, and hands it over from another process. `python -m bench.xlsx`.
"""

import io
import os
import statistics
import time

import openpyxl
import xlsxwriter

from app.leads.files.sandbox import blocks, look_at

ROWS, COLUMNS, ROUNDS = 50_000, 12, 3


def workbook() -> bytes:
    """Names, numbers and phones, as a call centre writes them."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Leads")
        for row in range(ROWS + 1):
            for column in range(COLUMNS):
                if row == 0:
                    sheet.write_string(0, column, f"column {'abcdefghijkl'[column]}")
                elif column % 3 == 0:
                    sheet.write_number(row, column, 380670000000 + row)
                else:
                    sheet.write_string(row, column, f"value {row % 1000} {column}")
    return out.getvalue()


def by_product(data: bytes) -> float:
    """Rows per second."""
    layout = look_at([data]).layout
    started = time.perf_counter()
    count = sum(len(block) for block in blocks([data], layout))
    assert count == ROWS, count
    return ROWS / (time.perf_counter() - started)


def by_openpyxl(data: bytes) -> float:
    """Rows per second."""
    started = time.perf_counter()
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    count = sum(1 for _ in book.active.iter_rows(values_only=True))
    assert count == ROWS + 1, count
    return ROWS / (time.perf_counter() - started)


def main() -> None:
    """Measure and print."""
    data = workbook()
    product, peer = [], []
    for _ in range(ROUNDS):
        product.append(by_product(data))
        peer.append(by_openpyxl(data))
    ours, theirs = statistics.median(product), statistics.median(peer)
    print(f"xlsx: {ROWS} rows, {len(data) / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}")
    print(f"  ours {ours:,.0f} rows/s, openpyxl read-only {theirs:,.0f} rows/s: {ours / theirs:.1f} x")


if __name__ == "__main__":
    main()
