"""The tokenizer of a model, where it is on this machine: it counts the tokens that are billed, and that are read."""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

_FILE = "tokenizer.json"


class Tokenizer:
    """Counts the tokens of texts. Safe to call from threads.

    file: a tokenizer.json, as https://huggingface.co/docs/tokenizers writes it. Some come with a truncation and a
    padding switched on; here every token counts, and nothing but tokens.
    Raises ValueError for a file that is none.
    """

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer as Counter  # noqa: PLC0415 - heavy, and of an extra

        try:
            self._tokenizer = Counter.from_str(file.read_text(encoding="utf-8"))
        except Exception as error:  # tokenizers raises no other
            raise ValueError(str(error)) from error
        self.folder = file.parent
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, texts: Sequence[str]) -> int:
        """Count the tokens of all texts together."""
        return sum(self.count_each(texts))

    def count_each(self, texts: Sequence[str]) -> Sequence[int]:
        """Count the tokens of each text, with the special ones that the model wants around it."""
        whole = [text.encode("utf-8", "replace").decode() for text in texts]  # it takes no lone surrogate
        return [len(encoding) for encoding in self._tokenizer.encode_batch_fast(whole)]


def find_tokenizer(model: str, spec: str = "") -> Tokenizer | str:
    """Find the tokenizer of a model without asking anyone, else say why there is none.

    model: an id on huggingface.co, whose file may be in HF_HOME, or a folder. spec: what names the embedder; the folder
    of "local:FOLDER" is looked into first.
    """
    if not model:
        return "which model the service has is known with its first answer"
    if importlib.util.find_spec("tokenizers") is None:
        return "counting tokens needs the package tokenizers: pip install 'create-vector-db[local]'"
    file = _find_file(spec.removeprefix("local:")) if spec.startswith("local:") else None
    file = file or _find_file(model) or _find_fetched(model)
    if file is None:
        return f"the tokenizer of {model} is not on this machine"
    try:
        return Tokenizer(file)
    except ValueError as error:
        return f"the tokenizer of {model} cannot be read: {error}"


def _find_file(folder: str) -> Path | None:
    root = Path(folder).expanduser()
    files = [root / _FILE, *sorted(root.glob(f"*/{_FILE}"))] if root.is_dir() else []
    return next((file for file in files if file.is_file()), None)


def _find_fetched(model: str) -> Path | None:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is imported
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - heavy
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415 - heavy

    try:
        found = try_to_load_from_cache(model, _FILE)
    except HFValidationError:  # no id of theirs
        return None
    return Path(found) if isinstance(found, str) else None
