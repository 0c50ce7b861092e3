"""What the folder of a sentence-transformers model says: its window, its pooling, its files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.embedders.pooling import POOLINGS
from ingest.errors import UsageError

_MODULES = ("Transformer", "Pooling", "Normalize")  # the last is what is done to every vector here
_WINDOW = 512  # tokens, where nothing says how many
_ENDLESS = 10**6  # tokens; transformers writes 10**30 where it does not know
_ROBERTA = ("roberta", "xlm-roberta", "camembert", "mpnet")  # their positions begin after the padding's


@dataclass(frozen=True, slots=True)
class Description:
    """How a model reads a text.

    window: tokens of a text that it reads, the special ones included.
    padding: the token that fills up shorter texts.
    lower: it was trained on lower case.
    """

    tokenizer: Path
    window: int
    pooling: str
    padding: int
    lower: bool


def describe(folder: Path, model: str, pooling: str = "") -> Description:
    """Read the configuration of a model, as sentence-transformers wrote it (modules.json, 1_Pooling/config.json).

    pooling: what to use instead of what the model says.
    Raises UsageError, naming the model, for what is not there or cannot be done.
    """
    modules = _read(folder / "modules.json", [])
    kinds = {str(module.get("type", "")).rpartition(".")[2]: str(module.get("path", "")) for module in modules}
    if strange := [kind for kind in kinds if kind not in _MODULES]:
        raise UsageError(f"{model} has a layer {strange[0]!r}, which an ONNX file does not hold: use a service for it")
    root = folder / kinds.get("Transformer", "")
    tokenizer = next((path for path in (root / "tokenizer.json", folder / "tokenizer.json") if path.is_file()), None)
    if tokenizer is None:
        raise UsageError(f"{model} has no tokenizer.json in {folder}: save it with a fast tokenizer")
    config = _read(root / "config.json", None) or _read(folder / "config.json", {})
    sentences = _read(root / "sentence_bert_config.json", None) or _read(folder / "sentence_bert_config.json", {})
    padding = config.get("pad_token_id")
    return Description(
        tokenizer,
        sentences.get("max_seq_length")
        or _find_least(config, _read(tokenizer.parent / "tokenizer_config.json", {}))
        or _WINDOW,
        pooling or _find_pooling(_read(folder / kinds.get("Pooling", "1_Pooling") / "config.json", {}), model),
        padding if isinstance(padding, int) else _find_padding(_read(tokenizer, {})),
        bool(sentences.get("do_lower_case")),
    )


def read_window(folder: Path) -> int | None:
    """Read from beside a tokenizer.json how many tokens of a text its model reads; None where nothing says so."""
    sentences = _read(folder / "sentence_bert_config.json", {})
    config, tokenizer = (_read(folder / name, {}) for name in ("config.json", "tokenizer_config.json"))
    return sentences.get("max_seq_length") or _find_least(config, tokenizer)


def _find_least(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> int | None:
    """Find what sentence-transformers takes without a max_seq_length: the least of model's and tokenizer's."""
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and config.get("model_type") in _ROBERTA:
        positions -= 2
    lengths = (positions, tokenizer.get("model_max_length"))
    return min((length for length in lengths if isinstance(length, int) and length < _ENDLESS), default=None)


def _find_pooling(config: Mapping[str, Any], model: str) -> str:
    names = {"mean_tokens": "mean", "cls_token": "cls"}
    chosen = [
        names.get(key.removeprefix("pooling_mode_"), key.removeprefix("pooling_mode_"))
        for key, value in config.items()
        if key.startswith("pooling_mode_") and value is True
    ]
    if isinstance(config.get("pooling_mode"), str):
        chosen = [config["pooling_mode"]]
    if not chosen:
        raise UsageError(
            f"{model} says of no pooling (1_Pooling/config.json): it is a plain encoder, unless you name its pooling "
            f"as --pooling {' or '.join(POOLINGS)}. Embedding models: intfloat/multilingual-e5-base, BAAI/bge-m3"
        )
    if len(chosen) > 1 or chosen[0] not in POOLINGS:
        raise UsageError(f"{model} pools by {' and '.join(chosen)}, which local cannot do: use a service for it")
    return chosen[0]


def _find_padding(tokenizer: Mapping[str, Any]) -> int:
    padding = tokenizer.get("padding")
    return int(padding["pad_id"]) if isinstance(padding, dict) and "pad_id" in padding else 0


def _read(path: Path, default: Any) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return default
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
