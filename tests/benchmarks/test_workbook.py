from pathlib import Path

import pytest
from rows import read_rows
from workbook import edit, make_rows, write

from ingest import open_source
from ingest.model import Document


@pytest.mark.parametrize("count", [50, 500, 2_000])
def test_one_in_a_hundred_is_edited_and_the_number_of_rows_stays(count: int) -> None:
    rows = make_rows(count)
    edited = edit(rows)
    assert len(set(rows)) == len(set(edited)) == len(edited) == count
    assert len(set(edited) - set(rows)) <= max(5, count // 100)
    kept = {row.question for row in edited} & {row.question for row in rows}
    gone = count - len(kept)
    changed = len(set(edited) - set(rows)) - gone
    assert gone >= 1
    assert changed >= 3 * gone


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_a_workbook_says_the_same_to_a_script_and_to_this_tool(tmp_path: Path) -> None:
    rows = make_rows(60)
    path = tmp_path / "faq.xlsx"
    write(path, rows)
    assert read_rows(path) == rows
    source = open_source("excel", path)
    [file] = source.files()
    documents = [item for item in source.parse(file, path.read_bytes()) if isinstance(item, Document)]
    assert [(each.question, each.text, each.source) for each in documents] == [
        (row.question, row.answer, row.source) for row in rows
    ]
