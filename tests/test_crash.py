"""A process that is killed at any moment loses nothing: the next run ends with the undisturbed collection."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.stores import open_store
from tests.fakes import contents

MOMENTS = int(os.environ.get("CRASH_MOMENTS", "10"))
FILES, ROWS = 60, 100  # 6,000 chunks
KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else 1


def write_corpus(folder: Path, version: int) -> None:
    """Files of rows; version 2 edits some, drops some and adds some."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for file in range(version - 1, FILES + version - 1):
        lines = ["question\tanswer"]
        for row in range(ROWS):
            edit = f" (version {version})" if (file + row) % 7 == 0 else ""
            lines.append(f"What does file {file} say in row {row}?\tAnswer {row} of file {file}{edit}.")
        (folder / f"faq{file:03}.tsv").write_text("\n".join(lines), encoding="utf-8")


def start(folder: Path, store: Path, log: Path) -> "subprocess.Popen[bytes]":
    words = ["--excel", str(folder), "--embedder", "hashing", "--qdrant-path", str(store), "--json"]
    with log.open("wb") as out:
        return subprocess.Popen([sys.executable, "-m", "ingest", *words], stdout=out, stderr=subprocess.STDOUT)


def finish(folder: Path, store: Path, log: Path) -> dict[str, int]:
    process = start(folder, store, log)
    assert process.wait(300) == 0, log.read_text()
    text = log.read_text()
    report: dict[str, int] = json.JSONDecoder().raw_decode(text, text.index("{\n"))[0]  # between lines of the log
    return report


def read(store: Path) -> dict[str, object]:
    opened = open_store(path=str(store))
    try:
        return dict(contents(opened))
    finally:
        opened.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_a_killed_run_is_healed_by_the_next(tmp_path: Path) -> None:
    folder, log = tmp_path / "faq", tmp_path / "log"
    expected = {}
    seconds = {}
    for version in (1, 2):
        write_corpus(folder, version)
        started = time.monotonic()
        finish(folder, tmp_path / "undisturbed", log)
        seconds[version] = time.monotonic() - started
        expected[version] = read(tmp_path / "undisturbed")
    assert len(expected[1]) == FILES * ROWS
    moments = random.Random(0)  # the same moments each time, as far as a machine's pace allows
    killed = 0
    for attempt in range(MOMENTS):
        version = attempt % 2 + 1
        write_corpus(folder, version)
        process = start(folder, tmp_path / "disturbed", log)
        try:
            process.wait(moments.uniform(0.1, 1.0) * seconds[1 if attempt == 0 else 2])
        except subprocess.TimeoutExpired:
            process.kill()
        killed += process.wait() == KILLED
        report = finish(folder, tmp_path / "disturbed", log)
        assert read(tmp_path / "disturbed") == expected[version], f"attempt {attempt}"
        assert report["embedded"] <= FILES * ROWS
    assert killed > MOMENTS // 2, "most runs ended before they were killed: nothing was tried"
