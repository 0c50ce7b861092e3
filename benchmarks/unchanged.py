# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure what the command costs where nothing has changed: 1,000 files, and a workbook, of 100,000 chunks each.

Run `python benchmarks/unchanged.py [--keep FOLDER]`. Filling the stores takes most of the time, some minutes; in a
folder that is kept they are there for the next time. Memory is told on Linux alone: the peak of what is resident, and
of that what is the process's own, since the rest are pages of files, which the system takes back when it needs them.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.sources.workbooks import make_workbook

from chunking import say  # isort: skip - files of this folder
from loopback import Manners, open_service, read_counts, read_texts  # isort: skip

ROOT = Path(__file__).parents[1]
FILES, ARTICLES = 1_000, 100  # of one chunk each
CHUNKS = FILES * ARTICLES
SECONDS, MEGABYTES = 3.0, 250.0  # what a run that finds nothing changed may take
HELP = 0.3  # seconds
ROUNDS = 3
POLL = 0.005  # seconds between two looks at a process's memory
HASHING = ("--embedder", "hashing")
EDITED = "luật/3/law0333.md"
CANARIES = 2  # texts of no source, that a run begins with
FULL = "filled"  # a file that is written when the stores are


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run of the command took: seconds, seconds of CPU, MB at most in memory, of them its own; what it said."""

    wall: float
    cpu: float
    peak: float
    own: float
    output: str


def write_sources(folder: Path) -> None:
    """Write a folder of laws and a workbook, each of CHUNKS chunks."""
    dice = random.Random(3)  # the same on every machine
    for number in range(FILES):
        path = folder / "luật" / f"{number // 100}" / f"law{number:04}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        articles = (
            f"Điều {article}. {say(dice, most=4)[:-1]}\n1. {say(dice, most=18)}\n" for article in range(1, ARTICLES + 1)
        )
        path.write_text("\n".join(articles), encoding="utf-8")
    rows = [
        (f"Câu hỏi {number}: {say(dice, most=8)[:-1]}?", f"{number}. {say(dice, most=12)}", f"Điều {number}")
        for number in range(CHUNKS // 2)  # of each its question alone, and with the answer
    ]
    content = make_workbook({"FAQ": [("question", "answer", "source"), *rows]})
    (folder / "rows.xlsx").write_bytes(content)


def run(folder: Path, words: Sequence[str]) -> Cost:
    """Run the command in a folder, with no setting of this environment. Raises AssertionError where it fails."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "VIRTUAL_ENV") if name in os.environ}
    command = [sys.executable, "-P", "-m", "ingest", *words]
    before = os.times()
    started = time.perf_counter()
    peak = own = 0.0
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        while process.poll() is None:
            high, anonymous = read_memory(process.pid)
            peak, own = max(peak, high), max(own, anonymous)
            time.sleep(POLL)
        assert process.stdout
        output = process.stdout.read()
    wall = time.perf_counter() - started
    after = os.times()
    assert process.returncode == 0, output
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall, cpu, peak, own, output)


def read_memory(pid: int) -> tuple[float, float]:
    """Read of a process, in MB, the most that was resident so far and what is its own now; 0 without a /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0, 0.0
    fields = dict(line.split(":", 1) for line in status.splitlines())
    high, own = (fields.get(name, "0 kB").split()[0] for name in ("VmHWM", "RssAnon"))
    return int(high) * 1024 / 1e6, int(own) * 1024 / 1e6


def digest_points(store: Path) -> dict[str, str]:
    """Hash each of the files that hold the points of an embedded store, by its path."""
    # The engine writes its settings anew with each load, in whatever order; they hold no point.
    paths = [path for path in store.glob("*/shard-*/**/*") if path.is_file() and path.name != "edge_config.json"]
    assert paths, f"there are no points in {store}"
    return {str(path.relative_to(store)): blake2b(path.read_bytes()).hexdigest() for path in paths}


def fill(folder: Path, words: Sequence[str]) -> None:
    """Fill a store by the command, and say what that took."""
    cost = run(folder, [*words, "--json", "--quiet"])
    added = json.loads(cost.output)["added"]
    assert CHUNKS <= added <= CHUNKS * 1.02, added  # a model with a window cuts a few of them
    print(f"filled by {' '.join(words)}: {cost.wall:.0f} s, CPU {cost.cpu:.0f} s, peak {cost.peak:.0f} MB")


def measure(folder: Path, words: Sequence[str]) -> Cost:
    """Give the cheapest of some runs of the command, and the highest of their peaks."""
    costs = [run(folder, words) for _ in range(ROUNDS)]
    return replace(
        min(costs, key=lambda cost: cost.wall),
        peak=max(cost.peak for cost in costs),
        own=max(cost.own for cost in costs),
    )


def show(name: str, cost: Cost, seconds: float = SECONDS) -> None:
    """Print what a run took, and its ratio to what it may."""
    print(
        f"{name:27}: {cost.wall:5.2f} s = {cost.wall / seconds:.2f} of {seconds:.1f} s, CPU {cost.cpu:5.2f} s; "
        f"peak {cost.peak:3.0f} MB = {cost.peak / MEGABYTES:.2f} of {MEGABYTES:.0f} MB, its own {cost.own:3.0f} MB"
    )


def report_unchanged(folder: Path, name: str, words: Sequence[str], store: str) -> None:
    """Print what runs that find nothing changed take, and hold that they wrote nothing."""
    words = [*words, "--qdrant-path", store]
    points = digest_points(folder / store)
    show(name, measure(folder, words))
    counts = json.loads(run(folder, [*words, "--json", "--quiet"]).output)
    assert counts["unchanged"] >= CHUNKS, counts
    assert counts["requests"] == counts["added"] == 0, counts
    changed = {path for path, _ in points.items() ^ digest_points(folder / store).items()}
    print(f"  0 requests; files of the store's points that were changed, made or removed: {len(changed)} (limit 0)")
    assert not changed, changed


def report_edited(folder: Path, words: Sequence[str], store: str, url: str) -> None:
    """Print what a run takes that finds one article of one file changed, and how many texts it embeds."""
    words = [*words, "--qdrant-path", store]
    path, points, before = folder / EDITED, digest_points(folder / store), read_texts(url)
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text.replace("\n1. ", "\n1. Sửa đổi: ", 1), encoding="utf-8")
        cost = run(folder, [*words, "--json", "--quiet"])
        embedded = read_texts(url) - before - CANARIES
        show("one article edited", cost)
        print(f"  {embedded} text embedded (limit 1)")
        assert embedded == 1, cost.output
        assert digest_points(folder / store) != points, "what is written does not show in the files of the points"
    finally:
        path.write_text(text, encoding="utf-8")
        run(folder, words)  # as it was, for the next time


def report(folder: Path) -> None:
    """Print what the command takes over 100,000 points, each with the ratio to its limit."""
    laws, rows = ("--text-dir", "luật"), ("--excel", "rows.xlsx")
    with open_service(Manners()) as url:
        service = ("--embedder", url, "--model", "org/model", "--no-cache")
        stores = {
            "laws": (f"{FILES} files", [*laws, *HASHING]),
            "rows": ("one workbook", [*rows, *HASHING]),
            "service": (f"{FILES} files, a service", [*laws, *service]),
        }
        if not (folder / FULL).exists():
            shutil.rmtree(folder, ignore_errors=True)  # a filling that was broken off
            write_sources(folder)
            for store, (_, words) in stores.items():
                fill(folder, [*words, "--qdrant-path", store])
            (folder / FULL).touch()
        asked = sum(read_counts(url).values())
        for store, (name, words) in stores.items():
            report_unchanged(folder, name, words, store)
        assert sum(read_counts(url).values()) == asked, "a service was asked"
        report_edited(folder, stores["service"][1], "service", url)
    there = ("--qdrant-path", "laws")
    show("--help", measure(folder, ["--help"]), HELP)
    show("info", measure(folder, ["info", *there]))
    show("search", measure(folder, ["search", "nghỉ phép năm của người lao động", *HASHING, *there]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What the command costs where nothing has changed.")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="where the filled stores stay")
    keep = parser.parse_args().keep
    with nullcontext(keep) if keep else TemporaryDirectory() as given:
        report(Path(given).absolute() / "unchanged")
