"""How a server keeps a collection, in the terms of qdrant-client."""

from typing import Any

from qdrant_client import models

from ingest.model import Json
from ingest.stores.form import Form

_CONSISTENCY = "write_consistency_factor"
_COUNTS = ("shard_number", "replication_factor", _CONSISTENCY)


def read_form(info: models.CollectionInfo) -> dict[str, Json]:
    """Read how a collection is kept, by the names of `Form`; a quantization of another kind by its own name."""
    vectors = info.config.params.vectors
    params = vectors if isinstance(vectors, models.VectorParams) else None
    return {
        **{name: getattr(info.config.params, name) for name in _COUNTS},
        "on_disk": _is_on_disk(params),
        "quantization": _name_quantization(_find_quantization(info)),
    }


def make_arguments(form: Form, like: models.CollectionInfo | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the arguments of `create_collection` and of its `VectorParams`.

    like: a collection of which the new one keeps what the form leaves open; a consistency of more copies than are
        asked for becomes one of all of them.
    Raises UsageError where the form asks for a consistency of more copies than there will be.
    """
    wanted: dict[str, Any] = dict(form.list_wanted())
    if like:
        there = read_form(like)
        former: dict[str, Any] = {name: there[name] for name in (*_COUNTS, "on_disk") if there[name]}
        if form.replication_factor and former.get(_CONSISTENCY, 0) > form.replication_factor:
            former[_CONSISTENCY] = form.replication_factor
        wanted = former | wanted
        Form(**wanted)
    kept = _find_quantization(like) if like and form.quantization is None else None
    quantization = kept or _make_quantization(form.quantization)
    collection: dict[str, Any] = {name: wanted[name] for name in _COUNTS if name in wanted}
    if quantization:
        collection["quantization_config"] = quantization
    return collection, {"on_disk": wanted["on_disk"]} if "on_disk" in wanted else {}


def _make_quantization(name: str | None) -> models.QuantizationConfig | None:
    """Make a configuration whose quantized vectors stay in memory, where they save the way to the disk."""
    if name == "scalar":
        config = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        return models.ScalarQuantization(scalar=config)
    if name == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None


def _find_quantization(info: models.CollectionInfo) -> models.QuantizationConfig | None:
    vectors = info.config.params.vectors
    own = vectors.quantization_config if isinstance(vectors, models.VectorParams) else None
    return own or info.config.quantization_config


def _name_quantization(config: models.QuantizationConfig | None) -> str:
    """Name a quantization by the one key of its JSON: scalar, binary, product and so on."""
    return next(iter(config.model_dump(exclude_none=True)), "none") if config else "none"


def _is_on_disk(params: models.VectorParams | None) -> bool:
    """Read it from where it is: servers from 1.19 on may say `memory: cold` instead."""
    memory = getattr(params, "memory", None)
    return bool(params and params.on_disk) if memory is None else str(getattr(memory, "value", memory)) == "cold"
