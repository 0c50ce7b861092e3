# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""The rows of a workbook, read as people's scripts read one."""

from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook

HEADER = ("question", "answer", "source")
MODEL = "Alibaba-NLP/gte-multilingual-base"  # what the service is taken for: it reads a row whole, without prefixes


@dataclass(frozen=True, slots=True)
class Row:
    """A question with its answer, and where the answer may be cited."""

    question: str
    answer: str
    source: str

    @property
    def text(self) -> str:
        """What is embedded of it."""
        return f"{self.question}\n{self.answer}"


def read_rows(path: Path) -> list[Row]:
    """Read the rows under the header of the only sheet."""
    sheet = load_workbook(path, read_only=True).active
    assert sheet
    return [
        Row(*(str(cell) for cell in cells[: len(HEADER)])) for cells in sheet.iter_rows(min_row=2, values_only=True)
    ]
