"""A preview as a page of text. Pure; the command prints it."""

from collections.abc import Iterator, Mapping, Sequence

from ingest.model import Noted
from ingest.preview import Preview
from ingest.preview.dataset import DatasetPreview, Group, Sheet, Text
from ingest.preview.lengths import BINS, Bin, Lengths, Sample
from ingest.preview.trees import Branch, list_counts
from ingest.render import place

_NAMES, _NAME = 30, 60  # columns that are named, and characters of each
_BAR = 40  # signs of the longest bar: a line fits into 80 columns
_TITLE, _WORDS = 60, 40  # characters of a heading, and of a long or a short chunk


def render_preview(preview: Preview) -> Iterator[str]:
    """Show what would be read: of each dataset its sheets and texts, what is left out or repaired, and its chunks."""
    for dataset in preview.datasets:
        yield f"{dataset.dataset}: files: {dataset.files:,}, documents: {dataset.documents:,}"
        yield from _render_layouts(dataset)
        yield from _render_texts(dataset)
        for kind in ("ignored", "noted"):
            groups = _render_groups(kind, getattr(dataset, kind), listed=dataset.room.alike)
            yield from (f"  {line}" for line in groups)
        yield from (f"  {line}" for line in _render_lengths(dataset))
        for number, chunk in enumerate(dataset.chunks, start=1):
            yield f"  chunk {number}: {chunk.origin}, {chunk.where}: {len(chunk.embed_text):,} characters"
            yield from (f"    {line}".rstrip() for line in chunk.embed_text.splitlines())
        yield from (f"  {note}" for note in dataset.notes)
    cut = preview.chunking
    yield (
        f"chunks as a new dataset would be cut: at most {cut['size']} {cut['unit']}, {cut['overlap']} of them shared; "
        "no service and no store was asked, and nothing was written"
    )


def render_preview_problems(preview: Preview) -> Iterator[str]:
    """Say what a run would skip, and which source can't be read."""
    for dataset in preview.datasets:
        yield from _render_groups(f"skipped: {dataset.dataset}", dataset.skipped, listed=dataset.room.listed)
    yield from (f"error: {dataset.error}" for dataset in preview.datasets if dataset.error)


def _render_layouts(dataset: DatasetPreview) -> Iterator[str]:
    for layout in dataset.layouts.values():
        yield from map(_render_sheet, layout.first)
        if more := layout.sheets - len(layout.first):
            yield f"  {more} more sheets with the same columns; documents of all: {layout.documents:,}"
        yield from (f"    {role}: {_quote([name])}" for role, name in layout.roles.items())
        if layout.others:
            yield f"    metadata: {_quote(layout.others)}"
    if dataset.unlisted:
        yield f"  {dataset.unlisted} more sheets with other columns: look at them one by one"


def _render_sheet(sheet: Sheet) -> str:
    place = f"{sheet.origin}, sheet {sheet.name}" if sheet.name else sheet.origin
    encoding = f"{sheet.encoding}, " if sheet.encoding else ""
    header = f"header in row {sheet.row}, " if sheet.row else ""
    return f"  {place}: {encoding}{header}documents: {sheet.documents:,}"


def _render_texts(dataset: DatasetPreview) -> Iterator[str]:
    for text in dataset.texts:
        yield f"  {text.origin}: {text.encoding}, {text.characters:,} characters: {_render_counts(text.counts)}"
        if text.keys:
            yield f"    metadata: {_quote(text.keys)}"
        yield from _render_tree(text)
    if hidden := sum(text.more for text in dataset.texts if not text.branches):
        yield f"  … and {hidden:,} more headings of these files (--all shows them)"
    files = sum(dataset.encodings.values())
    if files > dataset.room.listed:
        counts = ", ".join(f"{name}: {count:,}" for name, count in dataset.encodings.most_common())
        yield f"  files by their encoding, those above included: {counts}"
    if files > 1:
        plain = f"; files without headings: {dataset.plain:,}" if dataset.plain and dataset.counts else ""
        yield f"  in all of them: {_render_counts(list_counts(dataset.counts))}{plain}"


def _render_counts(counts: Mapping[str, int]) -> str:
    named = " · ".join(f"{name} {count:,}" for name, count in counts.items())
    return named or "no headings, so cut at paragraphs and sentences"


def _render_tree(text: Text) -> Iterator[str]:
    for branch in text.branches:
        yield f"{'  ' * (branch.depth + 2)}{_cut_short(branch.title, _TITLE)}{_render_articles(branch)}"
    if text.branches and text.more:
        yield f"    … and {text.more:,} more (--all shows them)"


def _render_articles(branch: Branch) -> str:
    if branch.articles <= 1:
        return f": {branch.first}" if branch.articles else ""
    return f": {branch.first} – {branch.last} ({branch.articles:,})"


def _render_lengths(dataset: DatasetPreview) -> Iterator[str]:
    rows, lengths = dataset.rows, dataset.lengths
    if rows.count:
        several = f"; the answers of {dataset.parted:,} of them make several chunks" if dataset.parted else ""
        yield f"rows: {rows.count:,}, {_render_median(rows)} with their question{several}"
    if dataset.parted:
        yield from _render_samples("row", rows)
    if not lengths.count:
        return
    near, over = (f"{100 * number / lengths.count:.0f} %" for number in (lengths.near, lengths.over))
    yield f"chunks: {lengths.count:,} of at most {lengths.limit} {lengths.unit}, {_render_median(lengths)}"
    yield f"  {near} of them reach the last tenth of that, {over if lengths.over else 'none'} go beyond it"
    if lengths.count >= BINS:  # with fewer it tells nothing
        yield from _render_histogram(list(lengths.list_bins()))
    yield from _render_samples("chunk", lengths)


def _render_median(lengths: Lengths) -> str:
    return f"half of them up to {lengths.median:,} {lengths.unit}"


def _render_histogram(bins: Sequence[Bin]) -> Iterator[str]:
    ranges = [f"{each.low}–{each.high}" if each.high else f"{each.low}–" for each in bins]
    widths = max(map(len, ranges)), len(f"{max(each.count for each in bins):,}")
    most = max(each.count for each in bins)
    for name, each in zip(ranges, bins, strict=True):
        bar = "#" * -(-_BAR * each.count // most)
        yield f"  {name:>{widths[0]}}  {each.count:>{widths[1]},}  {bar}".rstrip()


def _render_samples(what: str, lengths: Lengths) -> Iterator[str]:
    for kind, samples in (("longest", lengths.longest), ("shortest", lengths.shortest)):
        yield from (_render_sample(f"{kind} {what}", sample) for sample in samples)


def _render_sample(what: str, sample: Sample) -> str:
    return f"  {what}: {sample.size:,}: {sample.origin}, {sample.place}: {_cut_short(sample.text, _WORDS)}"


def _cut_short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def _render_groups(kind: str, groups: Mapping[str, Group], *, listed: int) -> Iterator[str]:
    for words, group in groups.items():
        for item in group.first[:listed]:
            yield f"{kind}: {place(item)}: {item.what if isinstance(item, Noted) else item.reason}"
        if more := group.count - len(group.first[:listed]):
            yield f"{kind}: {more:,} more: {words or 'of other kinds'}"


def _quote(names: Sequence[str]) -> str:
    shown = [f'"{_cut_short(name, _NAME)}"' for name in names[:_NAMES]]
    return ", ".join([*shown, *([f"{len(names) - _NAMES} more"] if names[_NAMES:] else [])])
