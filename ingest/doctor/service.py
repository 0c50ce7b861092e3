"""Whether the embedder answers, with what, how fast, and whether the collection's vectors are its own."""

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.doctor.findings import Check, Status
from ingest.doctor.storage import Seen
from ingest.embedders import DEFAULT_MODEL
from ingest.encoding import refuse_identity
from ingest.environment import Choice
from ingest.identity import CANARIES, differ, diverge
from ingest.protocols import Embedder
from ingest.stores.disk import MIB, measure
from ingest.trial import TRIAL

if TYPE_CHECKING:
    from ingest.model import Json, Vectors


def ask_embedder(
    open_embedder: Callable[[], tuple[Embedder, list[str]]], seen: Seen | None, hosts: tuple[str, ...]
) -> Check:
    """Embed the canaries in one timed request and compare them with those of the collection.

    seen: None where the store did not answer. Raises what a run would.
    """
    embedder, notes = open_embedder()
    trial = seen is not None and _is_trial(seen, embedder)
    comparable = None if trial else seen
    _compare(comparable, embedder)
    began = time.perf_counter()
    vectors = embedder.probe(CANARIES)
    seconds = time.perf_counter() - began
    compared = _compare(comparable, embedder, vectors)
    identity = embedder.identity
    verdict = "the collection's own vectors" if compared else "replaces the trial collection" if trial else ""
    sentence = (
        f"{identity.model or 'an unnamed model'} by {embedder.name}: {vectors.shape[1]} dimensions, {len(CANARIES)} "
        f"texts in {seconds:.2f} s{f'; {verdict}' if verdict else ''}"
    )
    details: dict[str, Json] = {
        "service": embedder.name,
        "identity": asdict(identity),
        "dimension": int(vectors.shape[1]),
        "texts": len(CANARIES),
        "seconds": round(seconds, 3),
        "requests": embedder.requests,
        "retries": embedder.retries,
        "compared": compared,
    }
    return Check("embedder", Status.OK, sentence, details, notes, hosts)


def look_for_model(choice: Choice) -> tuple[Check, bool]:
    """Find the folder of a local model and its size; and say whether it is there."""
    source = choice.spec.partition(":")[2] or choice.model or DEFAULT_MODEL
    folder = Path(source).expanduser()
    if not folder.is_dir():
        folder = _find_cached(source)
    if not folder.is_dir():
        sentence = f"{source} is not on this machine yet: the first run fetches it into {folder.parent}"
        return Check("model files", Status.SKIPPED, sentence, {"model": source, "folder": None}), False
    size = measure(folder)
    details: dict[str, Json] = {"model": source, "folder": str(folder), "bytes": size}
    return Check("model files", Status.OK, f"{folder}, {size // MIB} MiB", details), True


def list_hosts(spec: str, provider: str) -> tuple[str, ...]:
    """List the hosts that an embedder asks."""
    kind, _, rest = spec.partition(":")
    if kind == "hf":  # another provider is looked up at the hub first
        return ("router.huggingface.co", *(["huggingface.co"] if provider not in ("", "hf-inference") else []))
    if kind == "sagemaker":
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "<region>"
        return (f"runtime.sagemaker.{region}.amazonaws.com",)
    netloc = urlsplit(rest if "://" in rest else spec).netloc.rpartition("@")[2]
    return (netloc,) if netloc else ()


def _compare(seen: Seen | None, embedder: Embedder, vectors: "Vectors | None" = None) -> bool:
    """Compare an embedder with what the collection records; say whether there was anything to compare with.

    vectors: those of the canaries, None before they are asked. Raises IdentityError as a run does.
    """
    if seen is None or seen.described is None:
        return False
    recorded = seen.described
    difference = differ(recorded.identity, embedder.identity)
    if not difference and vectors is not None:
        difference = diverge(recorded.canaries, vectors)
    if difference:
        raise refuse_identity(seen.store, embedder, difference)
    return True


def _is_trial(seen: Seen, embedder: Embedder) -> bool:
    """Say whether the first run replaces the collection, as `sync` does with one that hashing made."""
    return bool(
        seen.described
        and seen.store.private
        and seen.described.identity.model.startswith(TRIAL)
        and not embedder.identity.model.startswith(TRIAL)
    )


def _find_cached(model: str) -> Path:
    """Find where huggingface_hub keeps a model."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is imported
    from huggingface_hub.constants import HF_HUB_CACHE  # noqa: PLC0415 - heavy

    return Path(HF_HUB_CACHE) / f"models--{model.replace('/', '--')}"
