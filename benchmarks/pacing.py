# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure whole runs against services that limit their rate, that take their time, and that fail.

Run `python benchmarks/pacing.py [limits|speed|failures]`. Ratios are to the least time in which the service could have
answered, or to a run of the same code with one request at a time.
"""

import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest import open_source, open_store, sync
from ingest.concurrency import map_unordered
from ingest.embedders.endpoint import Endpoint
from ingest.embedders.steady import SteadyEmbedder
from ingest.sync import Options

from loopback import Manners, open_service, read_counts  # isort: skip - a file of this folder

TEXTS, BATCH = 5_000, 32
CONCURRENCY = 8
TIMED = Manners(latency=0.08, per_text=0.001)
LIMITED = replace(TIMED, rate=10.0, burst=10)


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took: seconds, requests by status, points that are there, and the exit code."""

    seconds: float
    counts: Counter[int]
    points: int
    exit_code: int


def measure(manners: Manners, *, texts: int, concurrency: int = CONCURRENCY, read: float = 120.0) -> Run:
    """Run once, into an empty embedded store. texts: two of each row, its question alone and with the answer."""
    with TemporaryDirectory() as folder, open_service(manners) as url:
        path = Path(folder) / "rows.csv"
        rows = (f"question {row},{'answer ' * (row % 40)}{row}" for row in range(texts // 2))
        path.write_text("question,answer\n" + "\n".join(rows), encoding="utf-8")
        store = open_store(path=f"{folder}/store")
        embedder = SteadyEmbedder(Endpoint(url, model="org/model", read=read), concurrency=concurrency)
        started = time.perf_counter()
        options = Options(batch_size=BATCH, concurrency=concurrency)
        report = sync([open_source("excel", path)], embedder=embedder, store=store, options=options)
        seconds = time.perf_counter() - started
        points = store.count()
        store.close()
        return Run(seconds, read_counts(url), points, report.exit_code)


def measure_embedding(manners: Manners, *, texts: int, concurrency: int = CONCURRENCY) -> float:
    """Embed without reading or writing anything; give the seconds."""
    rows = [f"question {row}\n{'answer ' * (row % 40)}{row}" for row in range(texts)]
    batches = [rows[start : start + BATCH] for start in range(0, texts, BATCH)]
    with open_service(manners) as url:
        embedder = SteadyEmbedder(Endpoint(url, model="org/model"), concurrency=concurrency)
        embedder.probe(["a first text, as every run has one"])
        started = time.perf_counter()
        outcomes = sum(map(len, map_unordered(embedder.embed_each, batches, workers=concurrency)))
        seconds = time.perf_counter() - started
    assert outcomes == texts
    return seconds


def report_limits() -> None:
    """Print, for each way in which a service says that it is enough, time and refusals against their limits."""
    for words, most, share in (("retry-after", 1.10, 2), ("ratelimit", 1.10, 2), ("", 1.25, 5)):
        run = measure(replace(LIMITED, words=words), texts=TEXTS)
        requests = sum(run.counts.values())
        least = (requests - run.counts[429] - LIMITED.burst) / LIMITED.rate
        refused = 100 * run.counts[429] / requests
        print(
            f"10 requests/s, burst 10, {words or 'no header':11}: {run.seconds:5.1f} s = {run.seconds / least:.3f} x "
            f"the least (limit {most:.2f}); {run.counts[429]} of {requests} refused = {refused:.1f} % (limit {share} %)"
        )
        _check(run, TEXTS)


def report_speed() -> None:
    """Print the speed of concurrency 8 against one at a time, and against the least time possible."""
    texts = 2 * TEXTS
    few = texts // CONCURRENCY
    least = texts / BATCH / CONCURRENCY * (TIMED.latency + BATCH * TIMED.per_text)
    one, many = measure_embedding(TIMED, texts=few, concurrency=1), measure_embedding(TIMED, texts=texts)
    print(_compare("embedding alone", one * CONCURRENCY, many, least), "(limits 7 and 1.25)")
    run_one, run_many = measure(TIMED, texts=few, concurrency=1), measure(TIMED, texts=texts)
    print(_compare("reading and writing too", run_one.seconds * CONCURRENCY, run_many.seconds, least))
    _check(run_one, few)
    _check(run_many, texts)


def report_failures() -> None:
    """Print that every text arrives once, whatever the service does."""
    failures = {500: 0.02, 503: 0.03, -1: 0.01, -2: 0.005}
    run = measure(replace(TIMED, failures=failures), texts=TEXTS, read=2.0)
    failed = sum(run.counts.values()) - run.counts[200]
    print(f"5 % 5xx, 1 % cut, 0.5 % never answered: {failed} of {sum(run.counts.values())} failed, {run.seconds:.1f} s")
    _check(run, TEXTS)


def _compare(what: str, one: float, many: float, least: float) -> str:
    return (
        f"no limit, {CONCURRENCY} at a time, {what}: {many:5.2f} s = {one / many:.2f} x the speed of one at a time, "
        f"{many / least:.3f} x the least"
    )


def _check(run: Run, texts: int) -> None:
    assert (run.points, run.exit_code) == (texts, 0), run


if __name__ == "__main__":
    reports = {"limits": report_limits, "speed": report_speed, "failures": report_failures}
    for name in sys.argv[1:] or reports:
        reports[name]()
