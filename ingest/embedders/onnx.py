"""A model in an ONNX file, run here by onnxruntime: texts to tokens, small batches of like length, pooled."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.embedders.folder import Description
from ingest.embedders.words import tidy
from ingest.errors import RefusedError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ingest.model import Vectors

# Texts: larger batches leave the cache of a processor. onnxruntime 1.31, MiniLM: 112 texts a CPU second at 8, 93 at 32.
BATCH = 8
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_TOKENS = 3  # axes: (texts, tokens, dimension)


class OnnxEncoder:
    """Embeds by an ONNX file. Not safe to call from threads: one call uses all cores.

    device: "cpu", "cuda", or "" for CUDA where onnxruntime has it.
    Raises UsageError for a file that onnxruntime cannot run, or whose inputs are not those of an encoder.
    """

    def __init__(self, file: Path, description: Description, *, model: str, device: str = "") -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415 - heavy

        self._model = model
        self._description = description
        self._session = _open_session(file, device)
        self._inputs = [node.name for node in self._session.get_inputs()]
        if strange := [name for name in self._inputs if name not in _INPUTS]:
            raise UsageError(f"{file} asks for an input {strange[0]!r}: it is no encoder of texts")
        outputs = [node.name for node in self._session.get_outputs() if len(node.shape or ()) == _TOKENS]
        if not outputs:
            raise UsageError(f"{file} gives no vectors of tokens: export it for the task feature-extraction")
        self._output = outputs[0]
        self._tokenizer = Tokenizer.from_file(str(description.tokenizer))
        self._tokenizer.no_padding()  # of its own: some fill every text up to the window
        self._tokenizer.enable_truncation(description.window)

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order: (texts, dimension) float32.

        Raises RefusedError where onnxruntime fails over them: for want of memory, fewer may do.
        """
        import numpy as np  # noqa: PLC0415 - heavy

        encodings = self._tokenizer.encode_batch([self._prepare(text) for text in texts])
        vectors: list[Any] = [None] * len(texts)
        for places in group([len(encoding.ids) for encoding in encodings]):
            batch = [encodings[place] for place in places]
            for place, vector in zip(places, self._run(batch), strict=True):
                vectors[place] = vector
        return np.stack(vectors)

    def _prepare(self, text: str) -> str:
        stripped = text.strip()  # as sentence-transformers does
        return stripped.lower() if self._description.lower else stripped

    def _run(self, encodings: Sequence[Any]) -> "Vectors":
        """Embed one batch, filled up to its longest text."""
        import numpy as np  # noqa: PLC0415 - heavy

        width = max(1, *(len(encoding.ids) for encoding in encodings))
        ids: NDArray[np.int64] = np.full((len(encodings), width), self._description.padding, np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            length = len(encoding.ids)
            ids[row, :length], types[row, :length], mask[row, :length] = encoding.ids, encoding.type_ids, 1
        given = dict(zip(_INPUTS, (ids, mask, types), strict=True))
        try:
            [tokens] = self._session.run([self._output], {name: given[name] for name in self._inputs})
        except Exception as error:  # its classes have no base of their own
            raise RefusedError(f"{self._model} failed over {len(encodings)} texts: {tidy(str(error))}") from error
        return _pool(tokens, mask, self._description.pooling)


def group(lengths: Sequence[int], size: int = BATCH) -> Iterator[list[int]]:
    """Yield the places of texts of like length, at most `size` together, so that little is filled up."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _pool(tokens: "Vectors", mask: "NDArray[np.int64]", pooling: str) -> "Vectors":
    """Pool (texts, tokens, dimension) to (texts, dimension), without what fills up (mask 0)."""
    if pooling == "cls":
        return tokens[:, 0]
    weights = mask[:, :, None].astype(tokens.dtype)
    pooled: Vectors = (tokens * weights).sum(axis=1) / weights.sum(axis=1).clip(min=1)
    return pooled


def _open_session(file: Path, device: str) -> Any:  # noqa: ANN401 - of onnxruntime, which declares little
    import onnxruntime as ort  # noqa: PLC0415 - heavy

    ort.disable_telemetry_events()  # of its builds for Windows
    available = ort.get_available_providers()
    if device == "cuda" and "CUDAExecutionProvider" not in available:
        raise UsageError("onnxruntime has no CUDA here: install onnxruntime-gpu in its place, or leave --device out")
    wanted = ["CPUExecutionProvider"] if device == "cpu" else ["CUDAExecutionProvider", "CPUExecutionProvider"]
    options = ort.SessionOptions()
    options.log_severity_level = 4  # fatal: it writes to stderr, and raises what is an error
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves the cores to others between
    try:
        return ort.InferenceSession(
            str(file), options, providers=[provider for provider in wanted if provider in available]
        )
    except Exception as error:  # its classes have no base of their own
        raise UsageError(f"{file} cannot be run by onnxruntime: {tidy(str(error))}") from error
