"""What a run would use, and whether it would work: checks that are made whatever the others found."""

import platform
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from ingest.deadline import run_within
from ingest.doctor.account import HUB, ask_account, ask_credits, look_for_token
from ingest.doctor.findings import Check, Examination, Setting, Status
from ingest.doctor.masks import mask_users
from ingest.doctor.origins import choose
from ingest.doctor.service import ask_embedder, list_hosts, look_for_model
from ingest.doctor.storage import Seen, list_servers, look_at_disk, look_at_store
from ingest.embedders.credentials import is_hugging_face
from ingest.errors import EmbeddingError, IngestError, StoreError
from ingest.protocols import Embedder, Store
from ingest.settings import DEFAULT_PATH, Settings, open_chosen_embedder, open_chosen_store

PATIENCE = 60.0  # seconds for one check: a run waits longer, but a person is looking at this
PACKAGES = ("create-vector-db", "huggingface-hub", "httpx", "numpy", "qdrant-client", "qdrant-edge-py")
Result = TypeVar("Result")
Opener = Callable[[], tuple[Result, list[str]]]  # gives notes, too: what was decided on the way


def examine(
    settings: Settings,
    *,
    traced: Sequence[Setting] = (),
    open_embedder: Opener[Embedder] | None = None,
    open_store: Opener[Store] | None = None,
    hub: str = HUB,
    patience: float = PATIENCE,
) -> Examination:
    """Make every check. Nothing is written, and none takes longer than `patience` seconds.

    traced: where the settings came from. open_embedder, open_store: by default, open what the settings name, as a run
    would. hub: URL of Hugging Face's hub, which gets the token.
    """
    checks = _check(
        settings,
        open_embedder or (lambda: open_chosen_embedder(settings, max_wait=patience / 2)),  # then it tells why
        open_store or (lambda: open_chosen_store(settings, lock_wait=0.0)),
        hub,
        patience,
    )
    return Examination(_list_versions(), traced, list(checks))


def _check(
    settings: Settings, open_embedder: Opener[Embedder], open_store: Opener[Store], hub: str, patience: float
) -> Iterator[Check]:
    def attempt(
        name: str,
        look: Callable[[], tuple[Check, Result]],
        late: type[IngestError] = EmbeddingError,
        hosts: tuple[str, ...] = (),
    ) -> tuple[Check, Result | None]:
        try:
            return run_within(patience, look)
        except IngestError as error:
            return _fail(name, error, hosts), None
        except TimeoutError:
            return _fail(
                name, late(f"the {name} has not answered within {patience:.0f} s; a run waits longer"), hosts
            ), None

    choice = choose(settings)
    check, token = attempt("token", lambda: look_for_token(choice.spec, send=bool(settings.send_token)))
    yield check
    if choice.spec != "hf" and not is_hugging_face(urlsplit(choice.spec.removeprefix("openai:"))):
        token = None  # no service of Hugging Face gets it
    yield attempt("account", lambda: (ask_account(token, hub), None))[0]
    yield attempt("credits", lambda: (ask_credits(token, hub), None))[0]

    seen: Seen | None
    hosts = list_servers(settings)
    check, seen = attempt("store", lambda: look_at_store(open_store), StoreError, hosts)
    yield check
    if not (settings.qdrant_url or settings.qdrant_host):
        folder = settings.qdrant_path or Path(DEFAULT_PATH)
        yield attempt("disk", lambda: (look_at_disk(folder), None), StoreError)[0]

    if choice.spec.partition(":")[0] == "local":
        check, there = attempt("model files", lambda: look_for_model(choice))
        yield check
        if not there:
            yield Check("embedder", Status.SKIPPED, "not asked: its model would have to be fetched first")
            return
    hosts = list_hosts(choice.spec, settings.provider or "")
    yield attempt("embedder", lambda: (ask_embedder(open_embedder, seen, hosts), None), hosts=hosts)[0]


def _fail(name: str, error: IngestError, hosts: tuple[str, ...]) -> Check:
    return Check(name, Status.FAILED, mask_users(str(error)), hosts=hosts, error=error)


def _list_versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "system": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a checkout, or with what an extra brings left out
            continue
    return found
