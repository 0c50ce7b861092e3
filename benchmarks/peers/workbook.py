# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""The workbook of the benchmark: questions and answers, the same on every machine, and an edit of one in a hundred."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chunking import say
from rows import HEADER, Row

from tests.sources.workbooks import make_workbook


def make_rows(count: int) -> list[Row]:
    """Make rows that are all different, each answer some sentences of the same words."""
    dice = random.Random(5)
    return [
        Row(
            f"Câu hỏi {number}: {say(dice, most=8)[:-1]}?",
            f"{number}. {say(dice, most=20)} {say(dice, most=20)}",
            f"Điều {number % 97 + 1}",
        )
        for number in range(count)
    ]


def edit(rows: Sequence[Row], share: float = 0.01) -> list[Row]:
    """Edit a share of the rows as people do: of ten, six answers are changed, two rows removed, two added at the end.

    Below a row that was removed, all stand higher than before.
    """
    dice = random.Random(7)
    chosen = dice.sample(range(len(rows)), max(5, round(len(rows) * share)))
    gone = set(chosen[: len(chosen) // 5])
    added = [Row(f"Câu hỏi mới {n}?", f"Trả lời mới: {say(dice, most=20)}", "Điều 99") for n in range(len(gone))]
    changed = set(chosen[2 * len(gone) :])
    kept = [
        replace(row, answer=f"{row.answer} Sửa đổi.") if number in changed else row
        for number, row in enumerate(rows)
        if number not in gone
    ]
    return kept + added


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write a workbook of one sheet."""
    content = make_workbook({"FAQ": [HEADER, *((row.question, row.answer, row.source) for row in rows)]})
    path.write_bytes(content)
