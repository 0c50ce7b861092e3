"""How much of a text a model reads, and what counts it."""

import logging
from dataclasses import replace
from functools import lru_cache, partial

from ingest.embedders.folder import read_window
from ingest.embedders.hub import is_id
from ingest.embedders.models import find_model
from ingest.embedders.tokenizer import Tokenizer, fetch_tokenizer, find_tokenizer
from ingest.model import Identity
from ingest.protocols import Window

log = logging.getLogger("ingest")

_OF_HUB = ("", "hf")  # what names an embedder of huggingface.co; of other services that is not asked


def find_window(identity: Identity, spec: str = "", *, fetch: bool = False) -> Window | None:
    """Find the window of a model without asking anyone; None for one that reads a text of any length.

    Where the table of models and the model's own files differ, the smaller one counts: the table has what the model
    was trained on, the files may be set to more.
    spec: what names the embedder, as for `find_tokenizer`.
    fetch: a tokenizer that is not on this machine may be fetched from huggingface.co, where the embedder is of there.
    """
    if identity.model.startswith("hashing"):
        return None
    window = _read_window(identity, spec)
    is_here = not isinstance(window.tokenizer, str)
    if is_here or spec not in _OF_HUB or not is_id(identity.model):
        return window
    if fetch:
        return replace(window, fetch=lru_cache(partial(_fetch_window, identity, spec)))  # asked once a run
    return replace(window, tokenizer=f"{window.tokenizer}; a run that cuts anew asks huggingface.co for it")


def _read_window(identity: Identity, spec: str) -> Window:
    known = find_model(identity.model)
    tokenizer = find_tokenizer(identity.model, spec)
    tokens, digest = known.window if known else None, ""
    if isinstance(tokenizer, Tokenizer):
        digest, written = tokenizer.digest, read_window(tokenizer.folder)
        tokens = min((number for number in (tokens, written) if number), default=None)
    return Window(identity.model, tokens, tokenizer, identity.document_prefix, digest)


def _fetch_window(identity: Identity, spec: str) -> Window:
    """Fetch the tokenizer of a model, and say so; without it the window is as before."""
    failure = fetch_tokenizer(identity.model)
    if failure:
        log.warning("the tokenizer of %s is not on this machine and was not fetched: %s", identity.model, failure)
    else:
        log.info("fetched the tokenizer of %s from huggingface.co: it counts what the model reads", identity.model)
    return _read_window(identity, spec)
