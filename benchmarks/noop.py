# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure what a run that finds nothing changed costs by the size of what is there, in the embedded store.

Run `python benchmarks/noop.py [ROWS ...]`. `unchanged.py` looks closer at one size.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(1, str(Path(__file__).parent / "peers"))
sys.path.insert(2, str(Path(__file__).parents[1]))

from workbook import make_rows, write

from unchanged import HASHING, run  # isort: skip - a file of this folder

ROWS = (1_000, 3_000, 9_000)


def report(sizes: list[int]) -> None:
    """Print first run and re-run of a workbook of each size, and the re-run against the smallest workbook's."""
    least = 0.0
    for rows in sizes:
        with TemporaryDirectory() as folder:
            write(Path(folder) / "faq.xlsx", make_rows(rows))
            words = ["--excel", "faq.xlsx", *HASHING, "--json", "--quiet"]
            first = run(Path(folder), words)
            again = min((run(Path(folder), words) for _ in range(3)), key=lambda cost: cost.cpu)
            counts, points = json.loads(again.output), json.loads(first.output)["added"]
        assert counts["added"] == counts["refreshed"] == 0, counts
        least = least or again.cpu
        print(
            f"{rows:7,} rows, {points:7,} points: first {first.wall:6.1f} s, CPU {first.cpu:5.1f} s; again "
            f"{again.wall:5.2f} s, CPU {again.cpu:5.2f} s = {again.cpu / first.cpu:.3f} of the first, "
            f"{again.cpu / least:.2f} x of {sizes[0]:,} rows; peak {again.peak:3.0f} MB"
        )


if __name__ == "__main__":
    report([int(word) for word in sys.argv[1:]] or [*ROWS])
