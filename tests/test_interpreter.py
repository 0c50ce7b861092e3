"""A process that this one starts finds the same packages, and ends with it."""

import subprocess
import sys
from pathlib import Path

import pytest

from ingest import interpreter
from ingest.interpreter import spell_command


def run(script: Path, *words: str, cwd: Path) -> str:
    command = spell_command(str(script), *words)
    return subprocess.run(command, capture_output=True, check=True, text=True, cwd=cwd).stdout


@pytest.fixture
def shadowed(tmp_path: Path) -> Path:
    """A working directory with modules of a user, and a script."""
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')\n", encoding="utf-8")
    (tmp_path / "tell.py").write_text(
        "import sys, json, ingest; print(sys.argv[1:], ingest.__file__)\n", encoding="utf-8"
    )
    (tmp_path / "mine.py").write_text("NAME = 'mine'\n", encoding="utf-8")
    return tmp_path


def test_it_imports_this_package_and_nothing_of_the_working_directory(
    shadowed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(shadowed))
    monkeypatch.setattr(sys, "path", ["", *(entry for entry in sys.path if "site-packages" in entry or "lib" in entry)])
    root = Path(interpreter.__file__).parent / "__init__.py"
    assert run(shadowed / "tell.py", "a b", "", cwd=shadowed) == f"['a b', ''] {root}\n"


def test_what_this_process_imports_from_it_imports_from(shadowed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = shadowed / "script.py"
    script.write_text("import mine; print(mine.NAME)\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path, str(shadowed)])
    assert run(script, cwd=shadowed.parent) == "mine\n"


@pytest.mark.parametrize(("name", "value"), [("executable", ""), ("executable", None), ("frozen", True)])
def test_a_program_without_an_interpreter_says_so(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    monkeypatch.setattr(sys, name, value, raising=False)
    with pytest.raises(OSError, match="no Python interpreter"):
        spell_command("script.py")


@pytest.mark.skipif(sys.platform == "win32", reason="outlives it on Windows")
def test_the_death_of_the_parent_ends_it(tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text("import time; print('started', flush=True); time.sleep(20); print('alive')\n", encoding="utf-8")
    code = (
        "import subprocess, sys; from ingest.interpreter import spell_command; "
        "subprocess.run(spell_command(sys.argv[1]))"
    )
    root = Path(interpreter.__file__).parents[1]
    command = [sys.executable, "-c", code, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "started\n"
        parent.kill()
        assert parent.stdout.read() == ""  # the child has the pipe too: it ends when both are gone
