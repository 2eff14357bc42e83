"""CSV: 200,000 rows of 12 columns through the reading process, against `csv.reader` in this one.

Ours also decodes, drops what harms, counts lines and checks widths. Both take turns. `python -m bench.csv_reading`.
"""

import csv
import io
import os
import statistics
import time

from app.leads.files.sandbox import blocks, look_at

ROWS, ROUNDS, PIECE = 200_000, 3, 1 << 20


def table() -> bytes:
    """Clean rows with Cyrillic names and a quoted cell in every third."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"column {letter}" for letter in "abcdefghijkl"])
    for row in range(ROWS):
        home = "house, big" if row % 3 == 0 else "flat"
        who = (f"CRM-{row}", "2026-11-01 10:00", "Олена Бондар", f"+38067{row:07}", f"olena{row}@example.com")
        writer.writerow(
            (*who, "Київська", "01001", "UA", home, "12000", "yes", "https://example.com/landing")
        )
    return out.getvalue().encode()


def main() -> None:
    """Measure and print."""
    data = table()
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    layout = look_at(pieces).layout
    product, floor, parent = [], [], []
    for _ in range(ROUNDS):
        started, worked = time.perf_counter(), time.process_time()
        assert sum(len(block) for block in blocks(pieces, layout)) == ROWS
        product.append((time.perf_counter() - started) / ROWS * 1e6)
        parent.append((time.process_time() - worked) / ROWS * 1e6)
        started = time.perf_counter()
        assert sum(1 for _ in csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""))) == ROWS + 1
        floor.append((time.perf_counter() - started) / ROWS * 1e6)
    ours, theirs, ourselves = map(statistics.median, (product, floor, parent))
    print(f"csv: {ROWS} rows, {len(data) / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}")
    print(
        f"  ours {ours:.1f} us a row ({1e6 / ours:,.0f} rows/s), of which {ourselves:.1f} us cpu in the caller"
    )
    print(f"  csv.reader {theirs:.1f} us a row: {ours / theirs:.1f} x")


if __name__ == "__main__":
    main()
