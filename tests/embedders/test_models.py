"""The models that are known: their prefixes, the table that shows them, and what is named by mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.mistakes import check_model
from ingest.embedders.model_table import render_models
from ingest.embedders.models import BM25, DEFAULT_MODEL, KOREAN, MODELS, SUGGESTED, VIETNAMESE, Model, find_model
from ingest.embedders.pooling import POOLINGS
from ingest.embedders.prefixes import choose_prefixes, describe_use
from ingest.errors import UsageError

E5 = "intfloat/multilingual-e5-base"


def test_every_model_stands_once_and_its_entry_makes_sense() -> None:
    names = [model.name.casefold() for model in MODELS]
    assert len(names) == len(set(names))
    fields = set(Model.__dataclass_fields__)
    for model in MODELS:
        assert model.id.count("/") == 1
        assert 128 <= model.window <= 32768
        assert 384 <= model.dimension <= 1024
        assert model.pooling in (*POOLINGS, "last")
        assert model.unverified <= fields
        assert model.scores.keys() <= VIETNAMESE.keys() | KOREAN.keys()
        assert all(0 < score < 1 for score in model.scores.values())
    assert BM25.keys() <= VIETNAMESE.keys() | KOREAN.keys()


@given(st.sampled_from(MODELS), st.sampled_from([str, str.upper, str.lower, lambda name: f" {name}:latest "]))
def test_a_model_is_found_by_its_id_in_any_case_and_by_its_name(model: Model, spell: object) -> None:
    assert callable(spell)
    for name in (model.id, model.name, f"Xenova/{model.name}"):
        assert find_model(spell(name)) is model
    assert find_model(f"someone/{model.name}") is None
    assert find_model(f"{model.id}-tuned") is None


def test_nothing_is_found_of_nothing() -> None:
    assert find_model("") is None
    assert find_model("/") is None


def test_the_default_and_the_suggested_are_known() -> None:
    assert find_model(DEFAULT_MODEL)
    assert all(find_model(name) for name in SUGGESTED.split(", "))
    assert choose_prefixes(DEFAULT_MODEL) == ("", "")


@pytest.mark.parametrize(
    ("asked", "prefixes", "notes"),
    [
        ((None, None), ("query: ", "passage: "), 0),
        (("query: ", None), ("query: ", "passage: "), 0),
        (("", None), ("", "passage: "), 1),
        (("q: ", "d: "), ("q: ", "d: "), 2),
    ],
)
def test_prefixes_are_the_models_own_unless_others_are_asked_for_and_that_is_told(
    asked: tuple[str | None, str | None], prefixes: tuple[str, str], notes: int
) -> None:
    assert choose_prefixes(E5, *asked) == prefixes
    told = list(describe_use(E5, *prefixes))
    assert len(told) == notes
    assert all(E5 in note for note in told)


def test_a_model_that_is_not_known_gets_the_prefixes_that_are_asked_for() -> None:
    assert choose_prefixes("org/own") == ("", "")
    assert choose_prefixes("org/own", "q: ", "d: ") == ("q: ", "d: ")
    assert list(describe_use("org/own", "q: ", "d: ")) == []


def test_a_model_that_wants_joined_words_is_told() -> None:
    model = "bkai-foundation-models/vietnamese-bi-encoder"
    assert "pyvi" in next(describe_use(model, *choose_prefixes(model)))


@pytest.mark.parametrize(
    "model",
    [
        "bert-base-uncased", "google-bert/bert-base-multilingual-cased", "distilbert/distilbert-base-uncased",
        "FacebookAI/xlm-roberta-base", "xlm-roberta-large", "klue/bert-base", "klue/roberta-large",
        "vinai/phobert-base", "vinai/phobert-base-v2", "vinai/PhoBERT-large", "microsoft/mdeberta-v3-base",
        "answerdotai/ModernBERT-base", "monologg/kobert", "beomi/kcbert-base", "microsoft/mpnet-base",
        "monologg/koelectra-base-v3-discriminator", "kykim/bert-kor-base", "albert/albert-base-v2",
    ],
)  # fmt: skip
def test_a_plain_encoder_is_refused_with_two_models_unless_the_pooling_is_named(model: str) -> None:
    with pytest.raises(UsageError, match=r"encoder.*intfloat/multilingual-e5-base, BAAI/bge-m3") as caught:
        check_model(model)
    assert model in str(caught.value)
    check_model(model, pooling="mean")


@pytest.mark.parametrize(
    "model",
    [
        "gpt2", "openai-community/gpt2-large", "openai/gpt-oss-20b", "gpt-4o-mini", "EleutherAI/gpt-neox-20b",
        "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Meta-Llama-3-8B", "llama3:8b", "vilm/vinallama-7b-chat",
        "Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen3-0.6B", "Qwen/QwQ-32B", "mistralai/Mistral-7B-Instruct-v0.3",
        "mistralai/Mixtral-8x7B-v0.1", "google/gemma-2-2b-it",
        "google/gemma-3-270m", "gemma3:4b", "google/codegemma-2b",
        "google-t5/t5-base", "google/flan-t5-large", "google/mt5-small", "google/t5-v1_1-base", "VietAI/vit5-base",
        "facebook/bart-base", "vinai/bartpho-word", "bigscience/bloom-560m", "bigscience/bloomz", "facebook/opt-1.3b",
        "microsoft/phi-2", "microsoft/Phi-3.5-mini-instruct", "tiiuae/falcon-7b", "deepseek-ai/DeepSeek-V3",
        "LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct", "vinai/PhoGPT-4B-Chat",
        "skt/kogpt2-base-v2", "skt/ko-gpt-trinity-1.2B-v0.5",
        "EleutherAI/polyglot-ko-1.3b", "upstage/SOLAR-10.7B-v1.0",
        "SeaLLMs/SeaLLMs-v3-7B-Chat", "Viet-Mistral/Vistral-7B-Chat",
    ],
)  # fmt: skip
def test_a_model_that_writes_is_refused_whatever_the_pooling(model: str) -> None:
    for pooling in ("", "mean"):
        with pytest.raises(UsageError, match="generates text"):
            check_model(model, pooling)


@pytest.mark.parametrize("model", ["BAAI/bge-reranker-v2-m3", "Qwen/Qwen3-Reranker-0.6B", "cross-encoder/ms-marco-x"])
def test_a_reranker_is_refused(model: str) -> None:
    with pytest.raises(UsageError, match="reranker"):
        check_model(model)


@pytest.mark.parametrize(
    "model",
    [
        *(model.id for model in MODELS),
        "intfloat/e5-mistral-7b-instruct", "Qwen/Qwen3-Embedding-8B", "sentence-transformers/sentence-t5-base",
        "Alibaba-NLP/gte-Qwen2-7B-instruct", "Linq-AI-Research/Linq-Embed-Mistral", "Salesforce/SFR-Embedding-Mistral",
        "sentence-transformers/gtr-t5-base", "BAAI/bge-multilingual-gemma2", "nvidia/llama-nemotron-embed-1b-v2",
        "nvidia/llama-embed-nemotron-8b", "Alibaba-NLP/gte-modernbert-base", "nomic-ai/modernbert-embed-base",
        "sentence-transformers/bert-base-nli-mean-tokens", "sentence-transformers/stsb-xlm-r-multilingual",
        "sentence-transformers/distilbert-multilingual-nli-stsb-quora-ranking",
        "sentence-transformers/all-mpnet-base-v2",
        "sentence-transformers/all-roberta-large-v1", "sentence-transformers/all-distilroberta-v1",
        "sentence-transformers/xlm-r-bert-base-nli-stsb-mean-tokens", "sentence-transformers/LaBSE",
        "VoVanPhuc/sup-SimCSE-VietNamese-phobert-base",
        "BM-K/KoSimCSE-roberta-multitask", "snunlp/KR-SBERT-V40K-klueNLI-augSTS",
        "McGill-NLP/LLM2Vec-Mistral-7B-Instruct-v2-mntp",
        "castorini/repllama-v1-7b-lora-passage", "hkunlp/instructor-large",
        "facebook/contriever", "jinaai/jina-embeddings-v3", "kakaocorp/kanana-nano-2.1b-embedding", "mistral-embed",
        "text-embedding-3-small", "upskyy/bge-m3-korean", "own", "", "/models/mine", "org/robertas-model",
    ],
)  # fmt: skip
def test_a_model_that_embeds_or_is_not_known_is_not_refused(model: str) -> None:
    check_model(model)


@given(st.text(max_size=40))
def test_no_name_is_too_odd_to_be_checked(name: str) -> None:
    find_model(name)
    check_model(f"org/{name}-embed")


def test_the_table_names_every_model_and_every_score_and_says_that_the_default_is_not_the_best() -> None:
    lines = list(render_models())
    text = "\n".join(lines)
    rows = [line for line in lines if line.startswith("| ")]
    for model in MODELS:
        assert any(line.startswith(f"| {model.id} ") for line in rows)
        for score in model.scores.values():
            assert any(model.name in line and f"{score:.3f}" in line for line in rows)
        for prefix in filter(None, (model.query_prefix.strip("\n"), model.document_prefix)):
            assert prefix.splitlines()[0] in text
    assert all(benchmark in text for benchmark in (*VIETNAMESE, *KOREAN))
    assert DEFAULT_MODEL in lines[-1]
    assert "not the best" in lines[-1]


def test_the_table_is_markdown_of_columns_in_line() -> None:
    blocks: list[list[str]] = [[]]
    for line in render_models():
        assert "\n" not in line
        if line.startswith("|"):
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    tables = [block for block in blocks if block]
    assert len(tables) == 3
    for table in tables:
        bars = {tuple(index for index, letter in enumerate(line) if letter == "|") for line in table}
        assert len(bars) == 1
        assert set(table[1]) <= set("|- ")
