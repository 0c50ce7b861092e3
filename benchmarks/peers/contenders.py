# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Who is compared: how each is run, which packages it is, and where its points carry text and source."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from check import Json, Read, Tell
from rows import MODEL, Row

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COLLECTION = "benchmark"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run is given: the workbook, URLs of the service and the store, and a folder for its state."""

    workbook: Path
    service: str
    store: str
    folder: Path
    key: str = ""


def _tell_text(row: Row) -> tuple[str, ...]:
    return (row.text,)


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those that fill the collection.

    packages: the names on PyPI whose versions are told; where one is missing, it can't run.
    command: makes the command line of a run. environment: makes what it needs of variables.
    read: finds text and source in a payload. tell: the texts that it embeds of a row.
    """

    name: str
    packages: tuple[str, ...]
    command: Callable[[Setting], list[str]]
    environment: Callable[[Setting], Mapping[str, str]]
    read: Read
    tell: Tell = _tell_text

    @property
    def versions(self) -> dict[str, str] | None:
        """Versions by package; None where one is not installed."""
        try:
            return {package: version(package) for package in self.packages}
        except PackageNotFoundError:
            return None


def _run_ours(setting: Setting) -> list[str]:
    service = ["--embedder", f"openai:{setting.service}", "--model", MODEL]
    store = ["--qdrant-url", setting.store, "--cache-dir", str(setting.folder / "cache")]
    words = ["--excel", str(setting.workbook), *service, *store, "--json", "--quiet"]
    return [sys.executable, "-P", "-m", "ingest", *words]


def _surround_ours(setting: Setting) -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT),
        "COLLECTION_NAME": COLLECTION,
        **({"QDRANT_API_KEY": setting.key} if setting.key else {}),
    }


def _run_script(script: str) -> Callable[[Setting], list[str]]:
    def command(setting: Setting) -> list[str]:
        given = (setting.workbook, setting.service, setting.store, COLLECTION, setting.folder)
        return [sys.executable, str(HERE / script), *map(str, given)]

    return command


def _surround_peer(setting: Setting) -> dict[str, str]:
    """Keep peers from sending what they did elsewhere, and give qdrant-client its key."""
    return {
        "LANGSMITH_TRACING": "false",
        "ANONYMIZED_TELEMETRY": "false",
        **({"QDRANT_API_KEY": setting.key} if setting.key else {}),
    }


def _read_ours(payload: Json) -> tuple[str, str]:
    question, place = payload["question"], payload["metadata"]
    is_alone = place["start"] == place["end"]
    return question if is_alone else f"{question}\n{payload['page_content']}", payload["source"]


def _tell_ours(row: Row) -> tuple[str, ...]:
    return row.question, row.text


def _read_langchain(payload: Json) -> tuple[str, str]:
    return payload["page_content"], payload["metadata"]["source"]


def _read_llamaindex(payload: Json) -> tuple[str, str]:
    return json.loads(payload["_node_content"])["text"], payload["source"]


def _read_script(payload: Json) -> tuple[str, str]:
    return payload["text"], payload["source"]


OURS = Contender(
    "create-vector-db",
    ("create-vector-db", "qdrant-client", "httpx"),
    _run_ours,
    _surround_ours,
    _read_ours,
    _tell_ours,
)
CONTENDERS = (
    OURS,
    Contender(
        "LangChain",
        ("langchain-core", "langchain-classic", "langchain-qdrant", "langchain-openai", "SQLAlchemy"),
        _run_script("with_langchain.py"),
        _surround_peer,
        _read_langchain,
    ),
    Contender(
        "LlamaIndex",
        ("llama-index-core", "llama-index-vector-stores-qdrant", "llama-index-embeddings-openai-like"),
        _run_script("with_llamaindex.py"),
        _surround_peer,
        _read_llamaindex,
    ),
    Contender(
        "plain script",
        ("qdrant-client", "httpx", "openpyxl"),
        _run_script("with_script.py"),
        _surround_peer,
        _read_script,
    ),
)
