import sys
from pathlib import Path

import pytest
from processes import run

GROW = "x = bytearray(60_000_000); x[::4096] = b'1' * len(x[::4096]); import time; time.sleep(0.3)"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no wait4")


def test_the_exit_code_and_what_was_said_are_told(tmp_path: Path) -> None:
    cost = run([sys.executable, "-c", "print('first'); print('last'); raise SystemExit(7)"], tmp_path, {})
    assert (cost.exit_code, cost.last_line) == (7, "last")


def test_memory_and_cpu_of_a_child_count(tmp_path: Path) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GROW!r}])"
    plain, grown = (run([sys.executable, "-c", code], tmp_path, {}) for code in ("pass", child))
    assert grown.peak > plain.peak + 50
    assert grown.cpu > plain.cpu


def test_only_what_is_given_is_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    cost = run([sys.executable, "-c", "import os; print(sorted(os.environ))"], tmp_path, {"GIVEN": "1"})
    assert "GIVEN" in cost.last_line
    assert "HF_TOKEN" not in cost.last_line
