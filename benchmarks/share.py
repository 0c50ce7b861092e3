# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure two processes, each with its share, beside one with as many requests in flight as both together.

Run `python benchmarks/share.py`. The service answers each request after 80 ms, with short vectors, so that requests in
flight are what counts and not this machine's cores; the server is a double over qdrant-client's local mode, which takes
one request at a time. The files are chosen so that both shares are of one size: what a hash divides unevenly (of 1,000
files, 3 % more than half) costs as much again. Seconds are those of the reports, without the start of a process, which
is told beside them; the best of three rounds counts.
"""

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest.share import Share
from ingest.stores import open_store
from tests.fakes import contents, vector_of
from tests.loopback import Answer, Request, route, serve
from tests.stores.rest import serve_qdrant

FILES, ROWS = 80, 10
TEXTS = 2 * FILES * ROWS  # of a row, its question alone, and with the answer
LATENCY = 0.08  # seconds
CONCURRENCY, BATCH = 4, 4  # requests of all processes together, texts of one
ROUNDS = 3
LEAST = 0.9  # of the throughput of one process
SHARES = [Share(number, 2) for number in (1, 2)]


def name_files() -> Iterator[str]:
    """Name as many files for each share."""
    names = (f"faq{number:04}.tsv" for number in range(10 * FILES))
    left = dict.fromkeys(SHARES, FILES // len(SHARES))
    for name in names:
        owner = next(share for share in SHARES if share.owns(name))
        if left[owner]:
            left[owner] -= 1
            yield name


def write_corpus(folder: Path) -> None:
    """Write the files, each of a few rows that no other one says."""
    folder.mkdir()
    for name in name_files():
        lines = [f"Câu hỏi {row} của {name}?\tTrả lời {row}. {'điều khoản ' * 20}" for row in range(ROWS)]
        (folder / name).write_text("\n".join(["question\tanswer", *lines]), encoding="utf-8")


def embed(request: Request) -> Answer:
    """Answer as text-embeddings-inference does, with the latency of a service elsewhere."""
    time.sleep(LATENCY)
    return Answer(body=[vector_of(text).tolist() for text in request.json["inputs"]])


def run(service: str, qdrant: str, folder: Path, collection: str, shares: Sequence[Share]) -> tuple[float, float]:
    """Run a process for each share at once; give the seconds of the slowest report, and with its start and end."""
    words = ["--excel", str(folder / "faq"), "--embedder", service, "--model", "bench", "--no-cache", "--json"]
    words += ["--qdrant-url", qdrant, "--collection", collection, "--batch-size", str(BATCH)]
    words += ["--concurrency", str(CONCURRENCY // len(shares))]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "TMPDIR": str(folder), "HOME": str(folder)}
    started = time.monotonic()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "ingest", *words, "--share", str(share)],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for share in shares
    ]
    reports = [json.loads(process.communicate()[0]) for process in processes]
    wall = time.monotonic() - started
    assert [report["exit_code"] for report in reports] == [0] * len(shares)
    assert sum(report["embedded"] for report in reports) == TEXTS
    return max(report["seconds"] for report in reports), wall


def read(qdrant: str, collection: str) -> dict[str, tuple[object, ...]]:
    """Read every point with its payload and vector."""
    with closing(open_store(url=qdrant, collection=collection, exclusive=False)) as store:
        return contents(store)


def main() -> int:
    """Print what was measured; give 1 where it is less than it should be."""
    warnings.filterwarnings("ignore", message="Payload indexes have no effect")
    took: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with TemporaryDirectory() as root, serve(route({"/embed": embed})) as service:
        folder = Path(root)
        write_corpus(folder / "faq")
        for number in range(ROUNDS):
            with serve_qdrant() as server:
                for shares in ([Share()], SHARES):
                    took[len(shares)].append(run(service.url, server.url, folder, f"by-{len(shares)}", shares))
                same = read(server.url, "by-1") == read(server.url, "by-2")
            (one, one_wall), (two, two_wall) = took[1][-1], took[2][-1]
            equal = "the same points" if same else "OTHER POINTS"
            print(
                f"round {number + 1}: one {one:.1f} s ({one_wall:.1f} s), two {two:.1f} s ({two_wall:.1f} s), {equal}"
            )
            if not same:
                return 1
    one, two = (min(seconds for seconds, _ in rounds) for rounds in took.values())
    bound = CONCURRENCY * BATCH / LATENCY
    print(f"{TEXTS} texts, at most {bound:.0f} a second: one process {TEXTS / one:.0f}, two {TEXTS / two:.0f} a second")
    print(f"ratio {one / two:.2f}, at least {LEAST}")
    return int(one / two < LEAST)


if __name__ == "__main__":
    sys.exit(main())
