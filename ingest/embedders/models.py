"""Well-known embedding models: what each takes, what goes before its texts, how well it finds Vietnamese and Korean.

Scores are nDCG@10, of github.com/embeddings-benchmark/results at f4cc6c8 (2026-08), those of Zalo of the card of
mainguyen9/vietlegal-e5. The rest is what the models' cards say; `unverified` names what was not found confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DEFAULT_MODEL: Final = "sentence-transformers/paraphrase-multilingual-mpnet-base-v2"
SUGGESTED: Final = "intfloat/multilingual-e5-base, BAAI/bge-m3"  # for who named a model that does not embed

VIETNAMESE: Final = {
    "VN-MTEB": "mean of its 14 retrieval tasks, arXiv:2507.21500",
    "VieQuAD": "questions on Wikipedia",
    "Zalo": "law: ZacLegalTextRetrieval; vietnamese-bi-encoder was trained on its questions",
    "Belebele vi": "which of 488 passages a question is about",
}
KOREAN: Final = {
    "Ko-StrategyQA": "questions that need several facts",
    "MIRACL": "questions on Wikipedia",
    "MIRACL hard": "the same, among hard negatives alone",
    "AutoRAG": "documents of public offices, law, finance, health",
    "Belebele ko": "which of 488 passages a question is about",
}
# What a search by words alone reaches: the least that an embedding should be worth.
BM25: Final[Mapping[str, float]] = {
    "VN-MTEB": 0.324,
    "Belebele vi": 0.903,
    "Ko-StrategyQA": 0.378,
    "MIRACL": 0.245,
    "AutoRAG": 0.650,
    "Belebele ko": 0.609,
}

_INSTRUCTION = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
# Who publishes the files of others again, in another format; "" is a name without its organisation, as servers have it.
_REPUBLISHERS = frozenset({"", "xenova", "onnx-community", "alibaba-nlp-community", "contextboxai"})


@dataclass(frozen=True, slots=True)
class Model:
    """One embedding model.

    id: its name on huggingface.co.
    window: tokens, beyond which a text is cut without a word.
    languages: "many", or the code of the one that it is for.
    licence: "" where its card names none.
    segmented: its texts must have the syllables of each word joined before (pyvi); a service does not do it.
    gated: its licence must be accepted on its page.
    scores: by benchmark, of VIETNAMESE and KOREAN.
    unverified: the names of fields that no source confirms.
    """

    id: str
    window: int
    dimension: int
    pooling: str
    licence: str
    languages: str = "many"
    query_prefix: str = ""
    document_prefix: str = ""
    segmented: bool = False
    gated: bool = False
    scores: Mapping[str, float] = field(default_factory=dict)
    unverified: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The id without its organisation."""
        return self.id.rpartition("/")[2]


MODELS: Final = (
    Model(
        DEFAULT_MODEL,
        128,
        768,
        "mean",
        "Apache-2.0",
        scores={
            "VieQuAD": 0.372,
            "Belebele vi": 0.856,
            "Ko-StrategyQA": 0.530,
            "MIRACL": 0.300,
            "Belebele ko": 0.768,
        },
    ),
    Model("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", 128, 384, "mean", "Apache-2.0"),
    Model("sentence-transformers/all-MiniLM-L6-v2", 256, 384, "mean", "Apache-2.0", languages="en"),
    Model(
        "intfloat/multilingual-e5-small",
        512,
        384,
        "mean",
        "MIT",
        query_prefix="query: ",
        document_prefix="passage: ",
        scores={
            "VN-MTEB": 0.376,
            "VieQuAD": 0.553,
            "Belebele vi": 0.909,
            "Ko-StrategyQA": 0.752,
            "MIRACL": 0.612,
            "AutoRAG": 0.801,
            "Belebele ko": 0.905,
        },
    ),
    Model(
        "intfloat/multilingual-e5-base",
        512,
        768,
        "mean",
        "MIT",
        query_prefix="query: ",
        document_prefix="passage: ",
        scores={
            "VN-MTEB": 0.382,
            "VieQuAD": 0.577,
            "Zalo": 0.603,
            "Belebele vi": 0.935,
            "Ko-StrategyQA": 0.764,
            "MIRACL": 0.623,
            "AutoRAG": 0.798,
            "Belebele ko": 0.929,
        },
    ),
    Model(
        "intfloat/multilingual-e5-large",
        512,
        1024,
        "mean",
        "MIT",
        query_prefix="query: ",
        document_prefix="passage: ",
        scores={
            "VN-MTEB": 0.423,
            "VieQuAD": 0.611,
            "Zalo": 0.666,
            "Belebele vi": 0.955,
            "Ko-StrategyQA": 0.804,
            "AutoRAG": 0.813,
            "Belebele ko": 0.945,
        },
    ),
    Model("intfloat/multilingual-e5-large-instruct", 512, 1024, "mean", "MIT", query_prefix=f"{_INSTRUCTION} "),
    Model(
        "Alibaba-NLP/gte-multilingual-base",
        8192,
        768,
        "cls",
        "Apache-2.0",
        scores={"VN-MTEB": 0.448, "Ko-StrategyQA": 0.751, "MIRACL": 0.627, "AutoRAG": 0.771},
        unverified=frozenset({"pooling"}),
    ),
    Model(
        "BAAI/bge-m3",
        8192,
        1024,
        "cls",
        "MIT",
        scores={
            "VN-MTEB": 0.449,
            "VieQuAD": 0.568,
            "Belebele vi": 0.932,
            "Ko-StrategyQA": 0.794,
            "MIRACL hard": 0.701,
            "AutoRAG": 0.830,
            "Belebele ko": 0.932,
        },
    ),
    Model(
        "google/embeddinggemma-300m",
        2048,
        768,
        "mean",
        "Gemma",
        query_prefix="task: search result | query: ",
        document_prefix="title: none | text: ",
        gated=True,
        scores={"Belebele vi": 0.939, "MIRACL hard": 0.661, "Belebele ko": 0.941},
    ),
    Model(
        "nomic-ai/nomic-embed-text-v2-moe",
        512,
        768,
        "mean",
        "Apache-2.0",
        query_prefix="search_query: ",
        document_prefix="search_document: ",
        scores={
            "Belebele vi": 0.936,
            "Ko-StrategyQA": 0.763,
            "MIRACL": 0.659,
            "AutoRAG": 0.807,
            "Belebele ko": 0.936,
        },
    ),
    Model(
        "Snowflake/snowflake-arctic-embed-m-v2.0",
        8192,
        768,
        "cls",
        "Apache-2.0",
        query_prefix="query: ",
        scores={
            "Belebele vi": 0.843,
            "Ko-StrategyQA": 0.715,
            "MIRACL": 0.598,
            "AutoRAG": 0.838,
            "Belebele ko": 0.875,
        },
    ),
    Model("Snowflake/snowflake-arctic-embed-l-v2.0", 8192, 1024, "cls", "Apache-2.0", query_prefix="query: "),
    Model(
        "ibm-granite/granite-embedding-311m-multilingual-r2",
        8192,
        768,
        "cls",
        "Apache-2.0",
        scores={"Belebele vi": 0.900, "MIRACL hard": 0.592, "Belebele ko": 0.886},
        unverified=frozenset({"window"}),  # 32,768 is told of it, too
    ),
    Model("Qwen/Qwen3-Embedding-0.6B", 32768, 1024, "last", "Apache-2.0", query_prefix=_INSTRUCTION),
    Model(
        "bkai-foundation-models/vietnamese-bi-encoder",
        256,
        768,
        "mean",
        "Apache-2.0",
        languages="vi",
        segmented=True,
        scores={"VN-MTEB": 0.292, "VieQuAD": 0.435, "Zalo": 0.616},
    ),
    Model(
        "hiieu/halong_embedding",
        512,
        768,
        "mean",
        "Apache-2.0",
        languages="vi",
        scores={"VN-MTEB": 0.361, "VieQuAD": 0.520, "Zalo": 0.601},
        unverified=frozenset({"pooling"}),
    ),
    Model(
        "dangvantuan/vietnamese-embedding",
        512,
        768,
        "mean",
        "Apache-2.0",
        languages="vi",
        segmented=True,
    ),
    Model("dangvantuan/vietnamese-document-embedding", 8192, 768, "cls", "Apache-2.0", languages="vi"),
    Model(
        "keepitreal/vietnamese-sbert",
        256,
        768,
        "mean",
        "",
        languages="vi",
        unverified=frozenset({"window", "pooling", "segmented"}),
    ),
    Model(
        "AITeamVN/Vietnamese_Embedding",
        2048,
        1024,
        "cls",
        "Apache-2.0",
        languages="vi",
        unverified=frozenset({"licence"}),
    ),
    Model(
        "mainguyen9/vietlegal-e5",
        512,
        1024,
        "mean",
        "",
        languages="vi",
        query_prefix="query: ",
        document_prefix="passage: ",
        scores={"Zalo": 0.723},
    ),
    Model("nlpai-lab/KURE-v1", 8192, 1024, "cls", "MIT", languages="ko"),
    Model(
        "nlpai-lab/KoE5",
        512,
        1024,
        "mean",
        "MIT",
        languages="ko",
        query_prefix="query: ",
        document_prefix="passage: ",
    ),
    Model(
        "jhgan/ko-sroberta-multitask",
        128,
        768,
        "mean",
        "",
        languages="ko",
        unverified=frozenset({"window"}),
    ),
)


def find_model(model_id: str) -> Model | None:
    """Find a model by its id, in any case; also by its name alone, and where another publishes its files again."""
    wanted = model_id.strip().casefold().partition(":")[0]  # without the provider or the tag that some write behind it
    organisation, _, name = wanted.rpartition("/")
    return _BY_ID.get(wanted) or (_BY_NAME.get(name) if organisation in _REPUBLISHERS else None)


_BY_ID = {model.id.casefold(): model for model in MODELS}
_BY_NAME = {model.name.casefold(): model for model in MODELS}
