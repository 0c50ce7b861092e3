import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ingest.model import Document
from ingest.sources import open_source

DATA = Path("../shared/data/workbooks")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the files are not here"),
]

# In a process of its own with bounded memory: some of these files made readers ask for all there is, and die.
WALK = """
import sys
from pathlib import Path
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
except ImportError:
    pass
from ingest.model import Columns, Document, Ignored, Skipped
from ingest.sources import open_source, workbook
source = open_source("excel", sys.argv[1])
for file in source.files():
    content = Path(file.path).read_bytes()
    items = list(source.parse(file, content))
    assert items == list(source.parse(file, content)), file
    for item in items:
        assert item.origin == file.origin, item
        if isinstance(item, Columns):
            continue
        assert isinstance(item, Skipped | Ignored) or item.text.strip(), item
        print(file.origin, type(item).__name__, item.where or "-", getattr(item, "reason", ""), sep="\\t")
assert workbook._share_reader().started == 1, "one process read them all"
"""


@pytest.fixture(scope="module")
def walk() -> dict[str, list[tuple[str, str, str]]]:
    ran = subprocess.run(
        [sys.executable, "-c", WALK, DATA / "calamine"], capture_output=True, encoding="utf-8", check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in ran.stdout.splitlines():
        origin, kind, where, reason = line.split("\t")
        found.setdefault(origin, []).append((kind, where, reason))
    return found


def test_every_workbook_that_broke_readers_says_what_became_of_it(walk: dict[str, list[tuple[str, str, str]]]) -> None:
    assert len(walk) == 132


def test_every_encrypted_workbook_is_told_from_a_broken_one(walk: dict[str, list[tuple[str, str, str]]]) -> None:
    protected = {
        origin for origin, items in walk.items() if any("is protected by a password" in reason for *_, reason in items)
    }
    assert protected == {"pass_protected.ods", "pass_protected.xlsb", "pass_protected.xlsx"}


def test_hidden_sheets_and_charts_are_told_in_every_format(walk: dict[str, list[tuple[str, str, str]]]) -> None:
    for extension in ("ods", "xls", "xlsb", "xlsx"):
        ignored = {where for kind, where, _ in walk[f"any_sheets.{extension}"] if kind == "Ignored"}
        assert ignored == {"sheet Hidden", "sheet VeryHidden", "sheet Chart"}


@pytest.mark.parametrize(
    ("name", "mapping", "expected"),
    [
        ("any_sheets.xlsx", None, 0),
        ("issue_261.xlsx", None, 0),
        ("temperature.xlsx", {"page_content": "label", "question": "value"}, 2),
        ("temperature-in-middle.xlsx", {"page_content": "label"}, 2),
        ("inventory-table.xlsx", {"page_content": "Item"}, 4),
        ("merged_range.xls", None, 0),
    ],
)
def test_rows_of_real_workbooks(name: str, mapping: dict[str, str] | None, expected: int) -> None:
    source = open_source("excel", DATA / "calamine" / name, mapping=mapping)
    [file] = source.files()
    items = list(source.parse(file, Path(file.path).read_bytes()))
    assert sum(isinstance(item, Document) for item in items) == expected, items


def test_the_korean_chatbot_is_read_whole() -> None:
    source = open_source("excel", DATA / "ko_ChatbotData.csv")
    [file] = source.files()
    _, *items = source.parse(file, Path(file.path).read_bytes())
    assert len(items) == 11_823
    documents = [item for item in items if isinstance(item, Document)]
    assert len(documents) == 11_823
    assert all(item.question and item.text for item in documents)
    assert Counter(str(item.metadata["label"]) for item in documents).keys() == {"0", "1", "2"}
    assert (documents[0].question, documents[0].text, documents[0].row) == ("12시 땡!", "하루가 또 가네요.", 2)
    assert [item.row for item in documents] == list(range(2, 11_825))
