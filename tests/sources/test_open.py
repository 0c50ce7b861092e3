import subprocess
import sys

import pytest

from ingest.errors import UsageError
from ingest.sources import open_source


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match=r'"pdf".*"excel" and "text"'):
        open_source("pdf", "x")  # type: ignore[arg-type] # what a caller without types may write


@pytest.mark.parametrize("kind", ["excel", "text"])
def test_an_empty_path_is_refused_and_not_the_working_directory(kind: str) -> None:
    with pytest.raises(UsageError, match="empty path"):
        open_source(kind, "")  # type: ignore[arg-type] # a str, since it is a parameter


def test_a_name_for_the_dataset_is_kept_in_nfc() -> None:
    assert open_source("text", "laws", dataset="Lua\u0323\u0302t").dataset == "Luật"


def test_nothing_heavy_is_imported_before_a_workbook_is_read() -> None:
    code = (
        "import sys, ingest.sources\n"
        "ingest.sources.open_source('excel', 'a.xlsx'); ingest.sources.open_source('text', 'a')\n"
        "print({'python_calamine', 'numpy', 'qdrant_client', 'zipfile'} & {name for name in sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
