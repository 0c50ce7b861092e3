from pathlib import Path

import pytest

from ingest.model import Skipped
from ingest.sources import open_source
from ingest.sources.locks import describe_lock
from tests.sources.hostile import GOOD


@pytest.mark.parametrize(("lock", "program"), [("~$hỏi đáp.xlsx", "Excel"), (".~lock.hỏi đáp.xlsx#", "LibreOffice")])
def test_half_a_workbook_that_is_open_somewhere_is_told_as_such(lock: str, program: str, tmp_path: Path) -> None:
    (tmp_path / "hỏi đáp.xlsx").write_bytes(GOOD[:1000])
    source = open_source("excel", tmp_path)
    [file] = source.files()
    [before] = source.parse(file, GOOD[:1000])
    assert isinstance(before, Skipped)
    (tmp_path / lock).touch()
    [after] = source.parse(file, GOOD[:1000])
    assert isinstance(after, Skipped)
    assert after.reason.startswith(before.reason)
    assert f"open in {program}, since {lock} lies beside it" in after.reason
    assert [type(item) for item in source.parse(file, GOOD)] != [Skipped]
    assert source.files() == [file]


def test_without_a_lock_or_a_path_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert describe_lock(str(tmp_path / "a.xlsx")) == describe_lock("a.xlsx") == describe_lock("") == ""
