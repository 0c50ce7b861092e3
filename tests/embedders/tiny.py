"""A model of a few kilobytes for tests: its folder as sentence-transformers writes it, and its computation in numpy."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = ("điều", "người", "lao", "động", "근로자", "휴가", "article", "annual", "leave", "Leave")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
VOCABULARY = {word: place for place, word in enumerate((*SPECIAL, *WORDS))}
DIMENSION = 6
WEIGHTS = np.random.default_rng(7).normal(size=(len(VOCABULARY), DIMENSION)).astype(np.float32)


def compute(text: str, *, window: int, pooling: str) -> "np.ndarray[Any, Any]":
    """Compute the vector of one text, alone and without padding: each token sees the mean of all, and is bent."""
    words = [VOCABULARY.get(word, VOCABULARY["[UNK]"]) for word in text.split()][: window - 2]
    rows = WEIGHTS[[VOCABULARY["[CLS]"], *words, VOCABULARY["[SEP]"]]]
    tokens = np.tanh(rows + rows.mean(axis=0))
    pooled: np.ndarray[Any, Any] = tokens[0] if pooling == "cls" else tokens.mean(axis=0)
    return pooled


def write_model(file: Path, *, inputs: tuple[str, ...] = ("input_ids", "attention_mask")) -> None:
    """Write the computation as an ONNX file, which leaves out what the mask leaves out."""
    nodes = [
        helper.make_node("Gather", ["weights", inputs[0]], ["rows"]),
        helper.make_node("Cast", [inputs[1]], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["rows", "column"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["total"], keepdims=1),
        helper.make_node("ReduceSum", ["column", "middle"], ["count"], keepdims=1),
        helper.make_node("Div", ["total", "count"], ["mean"]),
        helper.make_node("Add", ["rows", "mean"], ["seen"]),
        helper.make_node("Tanh", ["seen"], ["last_hidden_state"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in inputs],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["texts", "tokens", DIMENSION])],
        [
            numpy_helper.from_array(WEIGHTS, "weights"),
            numpy_helper.from_array(np.array([2]), "last"),
            numpy_helper.from_array(np.array([1]), "middle"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(file))


def write_tokenizer(file: Path) -> None:
    """Write the tokenizer with a truncation and a padding of its own, as some models come."""
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, VOCABULARY[name]) for name in ("[CLS]", "[SEP]")]
    )
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=20)
    tokenizer.save(str(file))


def write_folder(folder: Path, *, window: int | None = 12, pooling: str = "mean_tokens", lower: bool = False) -> Path:
    """Write the whole folder: the name of the pooling is that of its configuration."""
    for path, content in {
        "modules.json": [
            {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": DIMENSION, f"pooling_mode_{pooling}": True},
        "sentence_bert_config.json": {"max_seq_length": window, "do_lower_case": lower},
        "config.json": {"model_type": "bert", "max_position_embeddings": 40, "pad_token_id": 0},
        "tokenizer_config.json": {"model_max_length": 30},
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(content), encoding="utf-8")
    write_tokenizer(folder / "tokenizer.json")
    write_model(folder / "onnx" / "model.onnx")
    return folder
