"""A model on this machine: by onnxruntime, or by sentence-transformers where it has no ONNX files."""

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ingest.embedders.credentials import clean_token
from ingest.embedders.folder import describe
from ingest.embedders.hub import find_files
from ingest.embedders.onnx import OnnxEncoder
from ingest.embedders.pooling import check_pooling
from ingest.errors import UsageError
from ingest.model import Identity
from ingest.protocols import Limits

if TYPE_CHECKING:
    from ingest.model import Vectors

DEVICES = ("", "cpu", "cuda")


class Encoder(Protocol):
    """What embeds here, one call at a time."""

    def encode(self, texts: Sequence[str]) -> "Vectors": ...


class Local:
    """A model of this machine, loaded with the first texts.

    source: its folder, or its id on huggingface.co, whose files are fetched once into HF_HOME.
    model: what the collection records as its name; the id or the name of the folder by default.
    quantised: run its int8 file: faster, and other vectors, which the identity says.
    pooling: "mean" or "cls" instead of what the model says of itself; only then in the identity, so that a service
    which serves the same model is of the same.
    device: "cpu" or "cuda"; "" takes CUDA where it is.
    """

    name = "local"

    def __init__(
        self,
        source: str,
        *,
        model: str = "",
        quantised: bool = False,
        pooling: str = "",
        device: str = "",
        token: str | None = None,
        token_name: str = "",
    ) -> None:
        if device not in DEVICES:
            raise UsageError(f"there is no device {device!r}: use cpu or cuda")
        self._source = source
        self._quantised = quantised
        self._device = device
        self._token, self._token_name = clean_token(token, token_name), token_name
        folder = Path(source).expanduser()
        self.identity = Identity(
            model or (folder.resolve().name if folder.is_dir() else source),
            pooling=check_pooling(pooling),
            quantisation="int8" if quantised else "",
        )
        self._lock = threading.Lock()  # all cores are one call's: a second beside it would only take memory
        self._encoder: Encoder | None = None

    @property
    def limits(self) -> Limits:
        return Limits()

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order: (texts, dimension) float32.

        Raises UsageError where a package or a file is missing, with the command that brings it.
        """
        with self._lock:
            if self._encoder is None:
                self._encoder = self._load()
            return self._encoder.encode(texts)

    def _load(self) -> Encoder:
        onnx = importlib.util.find_spec("onnxruntime") is not None
        torch = importlib.util.find_spec("sentence_transformers") is not None
        if not onnx and not torch:
            raise UsageError("local needs onnxruntime: pip install 'create-vector-db[local]', or choose a service")
        folder, file = find_files(
            self._source, quantised=self._quantised, token=self._token, token_name=self._token_name
        )
        if file is not None and onnx:
            description = describe(folder, self._source, self.identity.pooling)
            return OnnxEncoder(file, description, model=self._source, device=self._device)
        if self._quantised:
            raise UsageError(f"{self._source} has no int8 ONNX file: run it in full, or name another")
        if not torch:
            raise UsageError(
                f"{self._source} comes without onnx/model.onnx: make it (optimum-cli export onnx --model {self._source}"
                " --task feature-extraction FOLDER) and name FOLDER, or pip install 'create-vector-db[torch]'"
            )
        if self.identity.pooling:
            raise UsageError("sentence-transformers pools as the model says: leave --pooling out")
        return TorchEncoder(self._source, device=self._device, token=self._token)


class TorchEncoder:
    """Embeds by sentence-transformers, which sorts by length itself."""

    def __init__(self, source: str, *, device: str = "", token: str = "") -> None:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - heavy, and of an extra

        self._model = SentenceTransformer(source, device=device or None, token=token or None)

    def encode(self, texts: Sequence[str]) -> "Vectors":
        vectors: Vectors = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return vectors
