"""How much of a text a model reads, and what counts it."""

from ingest.embedders.folder import read_window
from ingest.embedders.models import find_model
from ingest.embedders.tokenizer import Tokenizer, find_tokenizer
from ingest.model import Identity
from ingest.protocols import Window


def find_window(identity: Identity, spec: str = "") -> Window | None:
    """Find the window of a model without asking anyone; None for one that reads a text of any length.

    Where the table of models and the model's own files differ, the smaller one counts: the table has what the model
    was trained on, the files may be set to more.
    spec: what names the embedder, as for `find_tokenizer`.
    """
    if identity.model.startswith("hashing"):
        return None
    known = find_model(identity.model)
    tokenizer = find_tokenizer(identity.model, spec)
    written = read_window(tokenizer.folder) if isinstance(tokenizer, Tokenizer) else None
    tokens = [number for number in (known.window if known else None, written) if number]
    return Window(identity.model, min(tokens, default=None), tokenizer, identity.document_prefix)
