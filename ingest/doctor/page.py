"""The examination as a page of text. Pure; `cli` prints it."""

from collections.abc import Iterator, Sequence

from ingest.doctor.findings import Examination

_WIDTH = 8  # of the longest status, and one


def render_examination(examination: Examination) -> Iterator[str]:
    """Show versions, settings, one line for each check with its notes, hosts, and what it comes to."""
    yield ", ".join(f"{name} {version}" for name, version in examination.versions.items())
    yield ""
    rows = [(setting.name, setting.value, setting.origin) for setting in examination.settings]
    yield from _align(rows)
    yield from [""] * bool(rows)
    names = max((len(check.name) for check in examination.checks), default=0)
    for check in examination.checks:
        yield f"{check.status.value:<{_WIDTH}}{check.name:<{names}}  {check.sentence}"
        yield from (f"{'':<{_WIDTH + names}}  {note}" for note in check.notes)
    yield ""
    yield f"hosts: {', '.join(examination.hosts) or 'none'}"
    failure = examination.failure
    yield f"a run would end with exit code {failure.exit_code}" if failure else "a run would work"


def _align(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
