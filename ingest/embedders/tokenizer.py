"""The tokenizer of a model: it counts the tokens that are billed, and that are read."""

import contextlib
import hashlib
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ingest.deadline import run_within
from ingest.embedders.words import tidy

_FILE = "tokenizer.json"
_BESIDE = ("sentence_bert_config.json", "config.json", "tokenizer_config.json")  # they tell the window
_ANSWER = 4.0  # seconds: that long a run waits for a hub that doesn't answer
_TRANSFER = 60.0  # seconds: and so long for the files, of up to 20 MB
_DIGEST = 12  # hexadecimal digits: enough to tell the few files of a model apart


class Tokenizer:
    """Counts the tokens of texts. Safe to call from threads.

    file: a tokenizer.json, as https://huggingface.co/docs/tokenizers writes it. Some come with a truncation and a
    padding switched on; here every token counts, and nothing but tokens.
    digest: of the file's bytes.
    Raises ValueError for a file that is none.
    """

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer as Counter  # noqa: PLC0415 - heavy

        try:
            content = file.read_bytes()
            self._tokenizer = Counter.from_str(content.decode())
        except Exception as error:  # tokenizers raises no other
            raise ValueError(str(error)) from error
        self.folder = file.parent
        self.digest = hashlib.sha256(content).hexdigest()[:_DIGEST]
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
    file = _find_file(spec.removeprefix("local:")) if spec.startswith("local:") else None
    file = file or _find_file(model) or _find_fetched(model)
    if file is None:
        return f"the tokenizer of {model} is not on this machine"
    try:
        return Tokenizer(file)
    except ValueError as error:
        return f"the tokenizer of {model} cannot be read: {error}"


def fetch_tokenizer(model: str) -> str:
    """Fetch the tokenizer of a model from huggingface.co, or HF_ENDPOINT, into HF_HOME; and what tells its window.

    No token is sent. What fails is said in one line, "" where nothing did: a run can do without.
    """
    _switch_telemetry_off()
    # Both here, where no time runs: on a busy machine the import alone takes seconds.
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url  # noqa: PLC0415 - heavy

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    try:
        ask = partial(get_hf_file_metadata, hf_hub_url(model, _FILE), timeout=_ANSWER, token=False)
        run_within(_ANSWER, ask)  # raises what says that it can't be had
        run_within(_TRANSFER, lambda: _transfer(model))
    except TimeoutError:
        return f"{constants.ENDPOINT} does not answer in time"
    except Exception as error:  # noqa: BLE001 - of whatever kind: a hub's, a proxy's, a disk's
        return f"{type(error).__name__}: {tidy(str(error))}"
    return ""


def _switch_telemetry_off() -> None:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when huggingface_hub is imported


def _transfer(model: str) -> None:
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - heavy
    from huggingface_hub.errors import EntryNotFoundError  # noqa: PLC0415 - heavy

    for name in (_FILE, *_BESIDE):
        with contextlib.suppress(EntryNotFoundError):
            hf_hub_download(model, name, token=False)


def _find_file(folder: str) -> Path | None:
    root = Path(folder).expanduser()
    files = [root / _FILE, *sorted(root.glob(f"*/{_FILE}"))] if root.is_dir() else []
    return next((file for file in files if file.is_file()), None)


def _find_fetched(model: str) -> Path | None:
    _switch_telemetry_off()
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - heavy
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415 - heavy

    try:
        found = try_to_load_from_cache(model, _FILE)
    except HFValidationError:  # no id of theirs
        return None
    return Path(found) if isinstance(found, str) else None
