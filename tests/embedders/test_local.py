import importlib.util
import json
import random
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError, RemoteEntryNotFoundError
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.folder import describe
from ingest.embedders.hub import list_names
from ingest.embedders.local import Local
from ingest.embedders.onnx import BATCH, group
from ingest.errors import RefusedError, UnavailableError, UsageError
from tests.embedders.tiny import DIMENSION, WORDS, compute, write_folder, write_model

SHA = "0123456789abcdef0123456789abcdef01234567"


def make_texts(count: int, seed: int = 3) -> list[str]:
    dice = random.Random(seed)
    return [" ".join(dice.choices((*WORDS, "unknown"), k=dice.randint(0, 25))) for _ in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "tiny")


class TestVectors:
    @pytest.mark.parametrize("window", [4, 12, 27])
    @pytest.mark.parametrize(("written", "pooling"), [("mean_tokens", "mean"), ("cls_token", "cls")])
    def test_they_are_those_of_the_plain_computation(
        self, tmp_path: Path, window: int, written: str, pooling: str
    ) -> None:
        texts = make_texts(50)
        vectors = Local(str(write_folder(tmp_path, window=window, pooling=written))).embed(texts)
        expected = np.stack([compute(text, window=window, pooling=pooling) for text in texts])
        assert vectors.dtype == np.float32
        assert vectors.shape == (50, DIMENSION)
        assert np.abs(vectors - expected).max() < 1e-5

    def test_they_do_not_depend_on_the_texts_beside_them(self, folder: Path) -> None:
        service, texts = Local(str(folder)), make_texts(20)
        alone = np.concatenate([service.embed([text]) for text in texts])
        assert np.abs(service.embed(texts) - alone).max() < 1e-5

    def test_another_pooling_is_used_when_asked_for_and_only_then_in_the_identity(self, folder: Path) -> None:
        service = Local(str(folder), pooling="cls")
        assert np.abs(service.embed(["điều"])[0] - compute("điều", window=12, pooling="cls")).max() < 1e-5
        assert service.identity.pooling == "cls"
        assert Local(str(folder)).identity.pooling == ""

    def test_lower_case_where_the_model_was_trained_on_it(self, tmp_path: Path) -> None:
        plain, lower = (Local(str(write_folder(tmp_path / name, lower=name == "lower"))) for name in ("no", "lower"))
        assert np.array_equal(lower.embed(["Leave "]), lower.embed(["leave"]))
        assert not np.array_equal(plain.embed(["Leave"]), plain.embed(["leave"]))

    def test_a_model_that_asks_for_token_types_gets_them(self, folder: Path) -> None:
        write_model(folder / "onnx" / "model.onnx", inputs=("input_ids", "attention_mask", "token_type_ids"))
        assert np.abs(Local(str(folder)).embed(["điều"])[0] - compute("điều", window=12, pooling="mean")).max() < 1e-5


class TestBatches:
    @given(st.lists(st.integers(1, 512), max_size=100), st.integers(1, 16))
    def test_each_text_once_and_little_is_filled_up(self, lengths: list[int], size: int) -> None:
        groups = list(group(lengths, size))
        assert sorted(place for places in groups for place in places) == list(range(len(lengths)))
        assert all(0 < len(places) <= size for places in groups)
        waste = sum(max(lengths[place] for place in places) * len(places) for places in groups) - sum(lengths)
        assert waste <= size * max(lengths, default=0)

    def test_what_the_model_is_given_is_counted(self, folder: Path) -> None:
        service, texts = Local(str(folder)), make_texts(64)
        service.embed(["a"])
        encoder: Any = service._encoder
        session, shapes = encoder._session, []

        def run(names: list[str], given: dict[str, Any]) -> Any:
            shapes.append(given["input_ids"].shape)
            return session.run(names, given)

        encoder._session = SimpleNamespace(run=run)
        service.embed(texts)
        lengths = [min(len(text.split()) + 2, 12) for text in texts]
        assert len(shapes) == 64 // BATCH
        filled = sum(rows * width for rows, width in shapes)
        unsorted = sum(max(lengths[start : start + BATCH]) * BATCH for start in range(0, 64, BATCH))
        assert filled <= 1.1 * sum(lengths) < unsorted

    def test_a_batch_that_fails_is_refused_so_that_it_is_halved(self, folder: Path) -> None:
        service = Local(str(folder))
        service.embed(["a"])
        encoder: Any = service._encoder

        def fail(*_: object) -> None:
            raise RuntimeError("bad\nallocation")

        encoder._session = SimpleNamespace(run=fail)
        with pytest.raises(RefusedError, match="failed over 2 texts: bad allocation"):
            service.embed(["a", "b"])


class TestTheFolder:
    def test_the_window_without_one_of_its_own(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path, window=None)
        assert describe(folder, "m").window == 30
        (folder / "tokenizer_config.json").write_text('{"model_max_length": 1e30}', encoding="utf-8")
        assert describe(folder, "m").window == 40
        (folder / "config.json").write_text('{"model_type": "xlm-roberta", "max_position_embeddings": 514}', "utf-8")
        assert describe(folder, "m").window == 512
        (folder / "config.json").unlink()
        (folder / "tokenizer_config.json").write_text(f'{{"model_max_length": {10**30}}}', encoding="utf-8")
        assert describe(folder, "m").window == 512

    def test_a_folder_within(self, folder: Path) -> None:
        (folder / "0_Transformer").mkdir()
        for name in ("config.json", "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json"):
            (folder / name).rename(folder / "0_Transformer" / name)
        modules = json.loads((folder / "modules.json").read_bytes())
        modules[0]["path"] = "0_Transformer"
        (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
        assert describe(folder, "m").window == 12
        assert Local(str(folder)).embed(["điều"]).shape == (1, DIMENSION)

    @pytest.mark.parametrize(
        ("pooling", "words"),
        [
            ("lasttoken", "pools by lasttoken, which local cannot do"),
            ("max_tokens", "pools by max_tokens"),
            ("mean_sqrt_len_tokens", "pools by mean_sqrt_len_tokens"),
        ],
    )
    def test_a_pooling_that_is_not_done_here_is_refused_by_name(self, tmp_path: Path, pooling: str, words: str) -> None:
        with pytest.raises(UsageError, match=words):
            Local(str(write_folder(tmp_path, pooling=pooling))).embed(["a"])

    def test_the_newer_name_of_the_pooling(self, folder: Path) -> None:
        config = folder / "1_Pooling" / "config.json"
        config.write_text('{"pooling_mode": "cls"}', encoding="utf-8")
        assert describe(folder, "m").pooling == "cls"

    def test_a_plain_encoder_is_refused_unless_its_pooling_is_named(self, folder: Path) -> None:
        shutil.rmtree(folder / "1_Pooling")
        (folder / "modules.json").unlink()
        with pytest.raises(UsageError, match=r"plain encoder.*--pooling mean or cls.*BAAI/bge-m3"):
            Local(str(folder)).embed(["a"])
        Local(str(folder), pooling="mean").embed(["a"])

    def test_a_layer_that_an_onnx_file_does_not_hold_is_refused(self, folder: Path) -> None:
        modules = [*json.loads((folder / "modules.json").read_bytes()), {"path": "2_Dense", "type": "x.models.Dense"}]
        (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
        with pytest.raises(UsageError, match="a layer 'Dense'"):
            Local(str(folder)).embed(["a"])

    @pytest.mark.parametrize("name", ["tokenizer.json", "onnx/model.onnx"])
    def test_a_file_that_is_missing_is_named(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        with pytest.raises(UsageError, match=name):
            Local(str(folder)).embed(["a"])

    @pytest.mark.parametrize("name", ["config.json", "onnx/model.onnx"])
    def test_a_file_that_is_damaged_is_named(self, folder: Path, name: str) -> None:
        (folder / name).write_bytes(b"\xff{")
        with pytest.raises(UsageError, match=f"{Path(name).name} cannot be") as caught:
            Local(str(folder)).embed(["a"])
        assert "\n" not in str(caught.value)

    def test_an_input_that_no_encoder_has_is_named(self, folder: Path) -> None:
        write_model(folder / "onnx" / "model.onnx", inputs=("input_ids", "attention_mask", "pixels"))
        with pytest.raises(UsageError, match="input 'pixels'"):
            Local(str(folder)).embed(["a"])


@pytest.mark.parametrize("source", ["./none", "/none/here", "~/none", "a/b/c", "C:\\models"])
def test_what_is_neither_a_folder_nor_an_id_is_told(source: str) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        Local(source).embed(["a"])


class TestIdentity:
    def test_the_name_of_a_model(self, folder: Path) -> None:
        assert Local("org/model").identity.model == "org/model"
        assert Local(str(folder)).identity.model == "tiny"
        assert Local(str(folder), model="org/model").identity.model == "org/model"

    def test_int8_is_another_identity_and_another_file(self, folder: Path) -> None:
        service = Local(str(folder), quantised=True)
        assert service.identity.quantisation == "int8"
        with pytest.raises(UsageError, match="no int8 ONNX file"):
            service.embed(["a"])
        write_model(folder / list_names(quantised=True)[0])
        service.embed(["a"])
        assert Local(str(folder)).identity.quantisation == ""


class TestWhatIsMissing:
    def _hide(self, monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
        find = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in hidden else find(name))

    def test_the_extra(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._hide(monkeypatch, "onnxruntime", "sentence_transformers")
        with pytest.raises(UsageError, match=r"onnxruntime: pip install 'create-vector-db\[local\]'"):
            Local(str(folder)).embed(["a"])

    def test_the_files_and_the_other_extra(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._hide(monkeypatch, "sentence_transformers")
        (folder / "onnx" / "model.onnx").unlink()
        with pytest.raises(UsageError, match=r"optimum-cli export onnx --model .*create-vector-db\[torch\]"):
            Local(str(folder)).embed(["a"])

    def test_sentence_transformers_embeds_where_there_are_no_files(
        self, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        made: list[tuple[str, str | None, str | None]] = []

        class SentenceTransformer:
            def __init__(self, source: str, *, device: str | None, token: str | None) -> None:
                made.append((source, device, token))

            def encode(self, texts: list[str], *, convert_to_numpy: bool, show_progress_bar: bool) -> Any:
                assert convert_to_numpy
                assert not show_progress_bar
                return np.ones((len(texts), 3), np.float32)

        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: name if name == "sentence_transformers" else find(name)
        )
        module = SimpleNamespace(SentenceTransformer=SentenceTransformer)
        monkeypatch.setitem(sys.modules, "sentence_transformers", module)
        (folder / "onnx" / "model.onnx").unlink()
        service = Local(str(folder), device="cpu", token="hf_secret")
        assert service.embed(["a", "b"]).shape == (2, 3)
        service.embed(["c"])
        assert made == [(str(folder), "cpu", "hf_secret")]
        with pytest.raises(UsageError, match="leave --pooling out"):
            Local(str(folder), pooling="cls").embed(["a"])


class TestDevices:
    def test_cuda_where_onnxruntime_has_it(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        import onnxruntime as ort  # noqa: PLC0415 - heavy

        asked: list[list[str]] = []
        session = ort.InferenceSession

        def open_session(file: str, options: Any, providers: list[str]) -> Any:
            asked.append(providers)
            return session(file, options, providers=["CPUExecutionProvider"])

        both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
        monkeypatch.setattr(ort, "InferenceSession", open_session)
        monkeypatch.setattr(ort, "get_available_providers", lambda: both)
        for device in ("", "cuda", "cpu"):
            Local(str(folder), device=device).embed(["a"])
        monkeypatch.setattr(ort, "get_available_providers", lambda: both[1:])
        Local(str(folder)).embed(["a"])
        assert asked == [both, both, both[1:], both[1:]]
        with pytest.raises(UsageError, match="no CUDA here"):
            Local(str(folder), device="cuda").embed(["a"])

    def test_one_that_is_none(self) -> None:
        with pytest.raises(UsageError, match="no device 'tpu'"):
            Local("org/model", device="tpu")


class TestTheHub:
    """By huggingface_hub's own cache: what it fetched is there, and no one may be asked."""

    @pytest.fixture
    def snapshot(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        repository = tmp_path / "hub" / "models--org--model"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text(SHA, encoding="ascii")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        return write_folder(repository / "snapshots" / SHA)

    def test_a_model_that_was_fetched_needs_no_network(self, snapshot: Path) -> None:
        assert snapshot.is_dir()
        vectors = Local("org/model").embed(["điều"])
        assert np.abs(vectors[0] - compute("điều", window=12, pooling="mean")).max() < 1e-5

    def test_one_without_files_is_told(self, snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (snapshot / "onnx" / "model.onnx").unlink()
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name != "sentence_transformers" or None)
        with pytest.raises(UsageError, match=r"org/model comes without onnx/model\.onnx"):
            Local("org/model").embed(["a"])

    def test_one_that_was_not_fetched_is_told(self, snapshot: Path) -> None:
        assert snapshot.is_dir()
        with pytest.raises(UsageError, match="HF_HUB_OFFLINE is set"):
            Local("org/other").embed(["a"])

    def test_the_files_of_one_commit_are_fetched(self, snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[tuple[str, str, str | None]] = []

        def fetch(model: str, name: str, *, revision: str, token: str | None) -> str:
            asked.append((name, revision, token))
            if not (snapshot / name).is_file():
                raise RemoteEntryNotFoundError.__new__(RemoteEntryNotFoundError)
            return str(snapshot / name)

        monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch)
        (snapshot / "onnx" / "model.onnx").rename(snapshot / "model.onnx")
        Local("org/model", token="hf_secret").embed(["a"])
        assert asked == [(name, SHA, "hf_secret") for name in ("onnx/model.onnx", "model.onnx", "model.onnx_data")]

    def test_a_hub_that_cannot_be_reached_is_not_one_without_the_file(
        self, snapshot: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> str:
            raise LocalEntryNotFoundError("no connection") from httpx.ConnectError("refused")

        assert snapshot.is_dir()
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(snapshot))
        monkeypatch.setattr("huggingface_hub.hf_hub_download", fail)
        with pytest.raises(UnavailableError, match=r"huggingface\.co cannot be reached"):
            Local("org/model").embed(["a"])
