"""Imports run one way, and what is heavy is imported where it is used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ingest

ROOT = Path(ingest.__file__).parent
VOCABULARY = {
    "batching",
    "alternatives",
    "hosts",
    "model",
    "records",
    "protocols",
    "errors",
    "identity",
    "concurrency",
    "deadline",
    "trust",
    "refusal",
    "child",
    "interpreter",
    "share",
    "entries",
}
CORE = VOCABULARY | {
    "report",
    "estimate",
    "stopwatch",
    "clock",
    "stock",
    "baseline",
    "rounds",
    "ledger",
    "guard",
    "chunks",
    "ids",
    "unclaimed",
    "cutter",
    "ordinals",
    "comparison",
    "encoding",
    "pruning",
    "chunking",
    "contract",
    "roles",
    "notes",
    "version",
    "trial",
    "inspection",
    "contents",
    "places",
    "items",
    "strangers",
}
SHELL = CORE | {
    "sync",
    "rebuilding",
    "adoption",
    "removal",
    "verification",
    "preview",
    "environment",
    "settings",
    "render",
    "search",
    "copying",
    "sources",
    "embedders",
    "stores",
    "age",
    "durations",
}

ALLOWED = {
    **dict.fromkeys(VOCABULARY, VOCABULARY),
    **dict.fromkeys(["sources", "chunking", "embedders", "stores"], VOCABULARY),
    **dict.fromkeys(CORE - VOCABULARY - {"chunking"}, CORE),
    "environment": VOCABULARY | {"report", "sources"},
    **dict.fromkeys(["search", "copying", "age", "durations"], VOCABULARY | {"report"}),
    "sync": CORE,
    "rebuilding": CORE | {"sync", "copying", "removal"},
    "adoption": CORE | {"sync"},
    "removal": CORE,
    "verification": CORE | {"sync"},
    "preview": CORE | {"sync", "sources", "render"},
    "render": VOCABULARY | {"report", "estimate", "inspection", "verification", "contents", "places", "items"},
    "ping": VOCABULARY | {"environment", "embedders"},
    "streams": set(),
    "settings": VOCABULARY | {"environment", "embedders", "stores"},
    "doctor": VOCABULARY | {"environment", "settings", "report", "encoding", "trial", "embedders", "stores"},
    "reading": VOCABULARY | {"settings", "sources"},
    "cutting": {"chunking", "settings"},
    "commands": SHELL | {"doctor", "ping", "reading", "cutting"},
    "cli": VOCABULARY | {"environment", "commands", "ping", "streams"},
    "__main__": {"cli"},
    "__init__": {"sync", "sources", "embedders", "stores"},
}
FILES = sorted(ROOT.rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The modules of this package that a file imports, at the top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= (
                {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "ingest" else {node.module}
            )
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.removeprefix("ingest.") for name in names if name.startswith("ingest.")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_run_one_way(file: Path) -> None:
    room = file.relative_to(ROOT).parts[0].removesuffix(".py")
    allowed = ALLOWED[room]
    for name in imported(file):
        first = name.partition(".")[0]
        assert first in allowed or first == room, f"{room} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_but_the_command_line_prints_or_exits(file: Path) -> None:
    calls = {
        node.func.id if isinstance(node.func, ast.Name) else f"{ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    if file.relative_to(ROOT).as_posix() not in ("cli.py", "commands/output.py", "commands/index.py"):
        assert not calls & {"print", "exit", "quit", "sys.exit", "os._exit", "typer.echo"}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ingest.cli import main; code = main(['--help']); "
        "print([m for m in ('qdrant_client', 'qdrant_edge', 'python_calamine', 'numpy', 'httpx', 'huggingface_hub', "
        "'tqdm', 'dotenv', 'onnxruntime', 'tokenizers', 'boto3', 'redis', "
        "'chardet') if m in sys.modules], file=sys.stderr); "
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "--excel" in done.stdout
