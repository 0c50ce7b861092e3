# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""What each contender goes through, and what is measured of it."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError

from check import Verdict, ask, compare, scroll
from contenders import COLLECTION, Contender, Setting
from loopback import Manners, open_service, read_counts, read_texts
from processes import Cost, run
from rows import Row
from store import open_store, read_requests
from workbook import edit, make_rows, write

HEALTHY = Manners(latency=0.08, per_text=0.001, words="retry-after", most=32)
FAILING = replace(HEALTHY, failures={503: 0.03, 429: 0.02})
SCENARIOS = {
    "first": "first run",
    "unchanged": "unchanged re-run",
    "edited": "1 % edited",
    "lost": "5 % lost in the store, re-run",
    "failing": "first run, 5 % of requests fail",
}
LOST = 20  # one point in so many is taken out of the store behind the contender's back


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run did.

    requests, failed, texts: to the service, those of them that it refused, and what it embedded.
    asked: requests to the store, by what they ask; None for a real server, which doesn't tell.
    """

    cost: Cost
    requests: int
    failed: int
    texts: int
    asked: Counter[str] | None
    verdict: Verdict

    @property
    def is_silent(self) -> bool:
        """Whether it ended with 0 and the collection is not what the workbook says."""
        return self.cost.exit_code == 0 and not self.verdict.is_right

    @property
    def is_right(self) -> bool:
        """Whether it ended with 0 and the collection is what the workbook says."""
        return self.cost.exit_code == 0 and self.verdict.is_right

    def as_json(self) -> dict[str, object]:
        """Give the figures in one flat object."""
        cost, verdict = asdict(self.cost), asdict(self.verdict)
        del cost["output"]  # a traceback tells of the machine that it was made on
        own = {"requests": self.requests, "failed": self.failed, "texts": self.texts}
        asked = None if self.asked is None else self.asked.total()
        return {**cost, **own, "asked": asked, "asked_for": self.asked, **verdict, "silent": self.is_silent}


@dataclass(frozen=True, slots=True)
class Ground:
    """Where one contender's runs take place: a store, empty at first, a folder for the workbook and its state."""

    contender: Contender
    store: str
    key: str
    folder: Path
    is_double: bool

    @property
    def workbook(self) -> Path:
        """The file that is indexed."""
        return self.folder / "faq.xlsx"

    def go(self, rows: list[Row], manners: Manners) -> Outcome:
        """Run, and hold what is in the collection then against the rows of the workbook."""
        before = read_requests(self.store) if self.is_double else Counter()
        with open_service(manners) as service:
            setting = Setting(self.workbook, service, self.store, self.folder, self.key)
            cost = run(self.contender.command(setting), self.folder, self.contender.environment(setting))
            counts, texts = read_counts(service), read_texts(service)
        asked = read_requests(self.store) - before if self.is_double else None
        points = scroll(self.store, COLLECTION, self.key)
        verdict = compare(rows, points, self.contender.read, self.contender.tell)
        return Outcome(cost, counts.total(), counts.total() - counts[200], texts, asked, verdict)

    def lose(self) -> None:
        """Delete some of the points, if there are any."""
        if ids := [point["id"] for point in scroll(self.store, COLLECTION, self.key)][::LOST]:
            ask(f"{self.store}/collections/{COLLECTION}/points/delete?wait=true", {"points": ids}, key=self.key)


def choose(outcomes: Sequence[Outcome]) -> Outcome:
    """Choose of several rounds one that came to nothing, if there is one, else the fastest."""
    return min(outcomes, key=lambda outcome: (outcome.is_right, outcome.cost.wall))


def measure(contender: Contender, count: int) -> Iterator[tuple[str, Outcome]]:
    """Take a contender through every scenario with a workbook of so many rows; yield them as they end."""
    rows = make_rows(count)
    edited = edit(rows)
    with _prepare(contender) as ground:
        write(ground.workbook, rows)
        yield "first", ground.go(rows, HEALTHY)
        yield "unchanged", ground.go(rows, HEALTHY)
        write(ground.workbook, edited)
        yield "edited", ground.go(edited, HEALTHY)
        ground.lose()
        yield "lost", ground.go(edited, HEALTHY)
    with _prepare(contender) as ground:
        write(ground.workbook, rows)
        yield "failing", ground.go(rows, FAILING)


@contextmanager
def _prepare(contender: Contender) -> Iterator[Ground]:
    """Prepare an empty ground: on the server that QDRANT_TEST_URL names, else on the double."""
    live, key = os.environ.get("QDRANT_TEST_URL", "").rstrip("/"), os.environ.get("QDRANT_API_KEY", "")
    with TemporaryDirectory() as folder:
        if not live:
            with open_store() as url:
                yield Ground(contender, url, "", Path(folder), is_double=True)
            return
        _drop(live, key)
        try:
            yield Ground(contender, live, key, Path(folder), is_double=False)
        finally:
            _drop(live, key)


def _drop(url: str, key: str) -> None:
    try:
        ask(f"{url}/collections/{COLLECTION}", {}, method="DELETE", key=key)
    except HTTPError as error:
        if error.code != 404:
            raise
