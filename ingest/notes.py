"""What a person should know of a run besides its numbers: sentences for the report."""

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping

from ingest.comparison import Progress
from ingest.model import Chunk, Json
from ingest.protocols import Store, Window
from ingest.report import Tally
from ingest.stock import Stock

SPARSE = 5  # characters of a token at most, on average: English
TEXTS = 256  # of a new dataset, that are looked for in others


def sample_texts(missing: Iterable[tuple[Progress, Chunk]], texts: set[str]) -> Iterator[tuple[Progress, Chunk]]:
    """Pass on what is missing, and gather the hashes of the first texts."""
    for progress, chunk in missing:
        if len(texts) < TEXTS:
            texts.add(chunk.text)
        yield progress, chunk


def note_twins(store: Store, dataset: str, others: Collection[str], texts: set[str]) -> Iterator[str]:
    """Say which of the other datasets says most of what a new one does, as last month's file under its own name."""
    counts = store.count_datasets(sorted(texts)) if others and texts else {}
    for other in sorted(others):
        shared = min(counts.get(other, 0), len(texts))
        if shared > len(texts) / 2:
            name = shlex.quote(other)
            yield (
                f"{dataset} is new, and of {len(texts)} of its texts {shared} stand in {other} too, which this run "
                f"does not name. If it takes the place of that one, either remove the old one: `create-vector-db "
                f"remove {name}`; or keep its name: run with --dataset {name} from now on, and remove the new one: "
                f"`create-vector-db remove {shlex.quote(dataset)}`"
            )


def note_idle(stock: Stock) -> Iterator[str]:
    """Say that nothing of a dataset falls to the share of this run."""
    if not (stock.files or stock.counts):
        yield f"{stock.dataset}: nothing of it falls to share {stock.share}, which leaves it to the others"


def note_cut(dataset: str, before: Json, now: Mapping[str, Json], embedded: int) -> Iterator[str]:
    """Say that a dataset is cut otherwise than before, and what that embeds. before: None where it is not."""
    if not isinstance(before, Mapping):
        return
    pairs = [(name, before.get(name), value) for name, value in now.items()]
    if changes := [f"{name} {new} instead of {old}" for name, old, new in pairs if old != new]:
        yield f"{dataset} is cut anew, {', '.join(changes)}: that embeds {embedded} texts"


def tell_tokenizers(settings: Mapping[str, Json], window: Window | None) -> str:
    """Say that a dataset was cut by another tokenizer than is at hand; "" where it wasn't."""
    recorded = settings.get("tokenizer")
    if not recorded or not window or window.digest in ("", recorded):
        return ""
    return f"was cut by the tokenizer {recorded} of {window.model}, and the one at hand is {window.digest}"


def note_sizes(dataset: str, settings: Mapping[str, Json], window: Window | None, tally: Tally) -> Iterator[str]:
    """Say how many chunks were measured against the model's window, how, and what is over it."""
    unit, size = settings.get("unit"), settings.get("size")
    if not window or not tally.measured or not isinstance(size, int):
        return
    model = window.model or "the model"
    if unit == "tokens":
        yield (
            f"{dataset}: {tally.measured} chunks measured by the tokenizer of {model}, the longest {tally.longest} "
            f"tokens of {size}"
        )
        if difference := tell_tokenizers(settings, window):
            yield (
                f"{dataset} {difference}: files that changed are cut by that, and the rest stays as it is. --rechunk "
                "cuts all of them by it"
            )
    elif unit != "characters":
        missing = (
            f"{window.tokenizer}. With it, --rechunk counts them"
            if isinstance(window.tokenizer, str)
            else f"the tokenizer of {model} is at hand now: --rechunk counts them"
        )
        yield (
            f"{dataset}: {tally.measured} chunks measured by their script, the longest about {tally.longest} tokens of "
            f"{size}; {missing}"
        )
    least = -(-size // SPARSE) if unit == "characters" else size
    if window.tokens and least > window.tokens:
        yield (
            f"{dataset}: chunks of up to {size} {unit} are more than the {window.tokens} tokens that {model} was "
            "trained on: most services ignore the rest. Leave --chunk-size out to fit them, with --rechunk"
        )


def note_cleared(names: Collection[str]) -> Iterator[str]:
    """Say what was removed that a rebuild had left."""
    if names:
        yield f"cleared away, left by a rebuild that came to no end: {', '.join(sorted(names))}"


def note_untouched(others: Collection[str]) -> Iterator[str]:
    """Say which datasets of the collection a run left alone."""
    if others:
        yield f"left as they are, since this run does not name them: {', '.join(sorted(others))}"
