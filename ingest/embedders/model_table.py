"""The table of models for a person: lines of text that are Markdown as well. Pure functions; `cli` prints them."""

import json
from collections.abc import Iterator, Mapping, Sequence

from ingest.embedders.models import BM25, DEFAULT_MODEL, KOREAN, MODELS, VIETNAMESE, Model

_UNKNOWN = "-"


def render_models() -> Iterator[str]:
    """Show the models that are known, what goes before their texts, and how well they find Vietnamese and Korean."""
    yield from _render_table(
        ("model", "language", "tokens", "dimension", "pooling", "licence", "needs"),
        [_describe(model) for model in MODELS],
    )
    yield ""
    yield "tokens: what lies beyond is cut off without a word. ?: not confirmed by a source."
    yield ""
    yield "Put before the texts of these models without being asked (--query-prefix and --document-prefix for others):"
    yield ""
    yield from _render_prefixes()
    for language, benchmarks in (("Vietnamese", VIETNAMESE), ("Korean", KOREAN)):
        yield ""
        yield f"Retrieval in {language}, nDCG@10 (1 is best), where it was measured:"
        yield ""
        yield from _render_scores(benchmarks)
        yield ""
        yield from (f"- {name}: {meaning}" for name, meaning in benchmarks.items())
    yield ""
    yield (
        f"The default, {DEFAULT_MODEL}, is the model that existing collections were made with, not the best: "
        "for a new collection intfloat/multilingual-e5-base or Alibaba-NLP/gte-multilingual-base finds far more, at "
        "the same dimension."
    )


def _describe(model: Model) -> Sequence[str]:
    def mark(field: str) -> str:
        return "?" if field in model.unverified else ""

    needs = [
        "prefixes" * bool(model.query_prefix or model.document_prefix),
        "acceptance of its licence on its page" * model.gated,
        (f"joined words (pyvi){mark('segmented')}") * (model.segmented or "segmented" in model.unverified),
    ]
    return (
        model.id,
        model.languages,
        f"{model.window}{mark('window')}",
        str(model.dimension),
        f"{model.pooling}{mark('pooling')}",
        f"{model.licence or _UNKNOWN}{mark('licence')}",
        ", ".join(need for need in needs if need),
    )


def _render_prefixes() -> Iterator[str]:
    by_prefixes: dict[tuple[str, str], list[str]] = {}
    for model in MODELS:
        by_prefixes.setdefault((model.query_prefix, model.document_prefix), []).append(model.name)
    for (query, document), names in by_prefixes.items():
        sides = [f"`{_quote(query)}` before queries"] * bool(query)
        sides += [f"`{_quote(document)}` before documents"] * bool(document)
        if sides:
            yield f"- {', '.join(sides)}: {', '.join(names)}"


def _render_scores(benchmarks: Mapping[str, str]) -> Iterator[str]:
    scored = [(model.name, model.scores) for model in MODELS if benchmarks.keys() & model.scores.keys()]
    yield from _render_table(
        ("model", *benchmarks),
        [
            (name, *(f"{scores[benchmark]:.3f}" if benchmark in scores else _UNKNOWN for benchmark in benchmarks))
            for name, scores in [*scored, ("BM25 (words alone)", BM25)]
        ],
    )


def _render_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lay a table out as Markdown whose columns stand in line."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, ["-" * width for width in widths], *rows):
        yield f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"


def _quote(prefix: str) -> str:
    return json.dumps(prefix, ensure_ascii=False)
