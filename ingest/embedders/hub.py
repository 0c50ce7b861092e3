"""A model's files, out of its folder or fetched once from huggingface.co into HF_HOME."""

import os
import platform
import re
from pathlib import Path

from ingest.embedders.failures import Asked, translate_exception
from ingest.errors import UsageError

_ID = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
# In order: where sentence-transformers and optimum put it. int8 files are made for an instruction set: of those only
# the ones that every processor of the kind runs.
_FULL = ("onnx/model.onnx", "model.onnx")
_INT8 = ("onnx/model_int8.onnx", "onnx/model_quantized.onnx", "model_int8.onnx", "model_quantized.onnx")
_INT8_OF = {"arm64": "onnx/model_qint8_arm64.onnx", "aarch64": "onnx/model_qint8_arm64.onnx"}
_INT8_ELSEWHERE = "onnx/model_quint8_avx2.onnx"


def list_names(*, quantised: bool) -> tuple[str, ...]:
    """List the names that a model's ONNX file may have, best first."""
    return (_INT8_OF.get(platform.machine().lower(), _INT8_ELSEWHERE), *_INT8) if quantised else _FULL


def is_id(model: str) -> bool:
    """Say whether a model may be one of huggingface.co: NAME or OWNER/NAME."""
    return _ID.fullmatch(model) is not None


def find_files(model: str, *, quantised: bool, token: str = "", token_name: str = "") -> tuple[Path, Path | None]:
    """Find a model's folder and its ONNX file, None where it has none; `model` is a folder or an id.

    A file of an id is fetched by huggingface_hub, once, into HF_HOME; with HF_HUB_OFFLINE only looked up there.
    Raises UsageError for what can be neither; else as the table of failures says.
    """
    names = list_names(quantised=quantised)
    if (folder := Path(model).expanduser()).is_dir():
        return folder, next((folder / name for name in names if (folder / name).is_file()), None)
    if not is_id(model):
        raise UsageError(
            f"there is no folder {model!r}, and no model on huggingface.co is named so (NAME or OWNER/NAME)"
        )
    asked = Asked("huggingface.co", model, hub=True, token_name=token_name, secrets=(token,) if token else ())
    try:
        return _fetch(model, names, token)
    except Exception as error:
        if translated := translate_exception(error, asked=asked):
            raise translated from error
        raise


def _fetch(model: str, names: tuple[str, ...], token: str) -> tuple[Path, Path | None]:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is imported
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - heavy

    folder = Path(snapshot_download(model, allow_patterns=["*.json"], token=token or None))
    for name in names:
        if file := _fetch_file(model, name, folder.name, token):
            _fetch_file(model, f"{name}_data", folder.name, token)  # what did not fit into 2 GB
            return folder, file
    return folder, None


def _fetch_file(model: str, name: str, commit: str, token: str) -> Path | None:
    """Fetch one file, None where the model has none of that name, or none is there and no one may be asked."""
    from huggingface_hub import constants, hf_hub_download  # noqa: PLC0415 - heavy
    from huggingface_hub.errors import LocalEntryNotFoundError, RemoteEntryNotFoundError  # noqa: PLC0415 - heavy

    try:
        return Path(hf_hub_download(model, name, revision=commit, token=token or None))
    except RemoteEntryNotFoundError:
        return None
    except LocalEntryNotFoundError:  # also of a hub that cannot be reached
        if constants.HF_HUB_OFFLINE:
            return None
        raise
