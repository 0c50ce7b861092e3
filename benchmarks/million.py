# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Fill the embedded store with a folder of laws, and compare that with what the engine alone takes for the same points.

Run `python benchmarks/million.py [--chunks 1000000] [--json FILE] [--keep FOLDER] [--no-index]`; 100,000 chunks without
a number. The engine is given the same points, made before its clock runs, with the same payload indexes and flushes.
Its time is that of making its points of Python's numbers and texts, of writing them, and of flushing. Memory is told
on Linux alone: what is resident at most, and of that what is the process's own; the rest are pages of files.
"""

import argparse
import gc
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest import open_embedder, open_source, open_store, sync
from ingest.batching import batched
from ingest.chunking import open_chunker
from ingest.chunks import make_chunks
from ingest.embedders.hashing import DIMENSION
from ingest.model import Chunk, Point
from ingest.stores.disk import measure as measure_disk

from chunking import say  # isort: skip - files of this folder
from stages import Stages  # isort: skip
from unchanged import POLL, ROOT, read_memory  # isort: skip

ARTICLES = 10  # of a file, one chunk each
FOLDER = 1_000  # files of one folder
EDITED = 100  # of so many files one is edited
BATCH = 32  # points, as the run writes them
LIMIT_RATIO, LIMIT_MEMORY = 2.0, 400.0  # of the engine's time; MB outside the engine
HASHING = ("--embedder", "hashing", "--text-dir", "laws", "--qdrant-path", "store")
MEGABYTE = 1e6


def write_laws(folder: Path, chunks: int) -> None:
    """Write files of ten articles each."""
    dice = random.Random(3)  # the same on every machine
    for number in range(chunks // ARTICLES):
        path = name_law(folder, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        articles = (
            f"Điều {article}. {say(dice, most=4)[:-1]}\n1. {say(dice, most=18)}\n" for article in range(1, ARTICLES + 1)
        )
        path.write_text("\n".join(articles), encoding="utf-8")


def name_law(folder: Path, number: int) -> Path:
    """Give the path of a file by its number."""
    return folder / "laws" / f"{number // FOLDER:03}" / f"law{number:06}.md"


def prepare(folder: Path) -> Iterator[list[Point]]:
    """Yield the points of the folder as a run writes them, but for the name of the state."""
    source, embedder = open_source("text", folder / "laws"), open_embedder("hashing")
    chunker = open_chunker(None, size=None, overlap=None, window=None)
    chunks = (
        chunk
        for file in source.files()
        for chunk in make_chunks(source.dataset, source.parse(file, Path(file.path).read_bytes()), chunker)
        if isinstance(chunk, Chunk)
    )
    for batch in batched(chunks, BATCH):
        vectors = embedder.embed_each([chunk.embed_text for chunk in batch])
        for chunk in batch:
            chunk.payload["ingest"] = {**chunk.payload["ingest"], "state": chunk.fingerprint}  # type: ignore[dict-item]
        yield [Point(chunk.id, vector, chunk.payload) for chunk, vector in zip(batch, vectors, strict=True)]  # type: ignore[arg-type]


def write_alone(folder: Path) -> dict[str, Any]:
    """Let the engine write the points of the folder; give what it took, and its own memory."""
    import qdrant_edge as edge  # noqa: PLC0415 - brings the engine

    from ingest.stores.embedded_collection import FLUSH_EVERY  # noqa: PLC0415
    from ingest.stores.engine import configure, make_index  # noqa: PLC0415
    from ingest.stores.records import INDEXED  # noqa: PLC0415

    place = folder / "alone"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    prepared = prepare(folder)
    first = next(prepared)
    before = read_memory(os.getpid())[1]
    shard = edge.EdgeShard.create(str(place), configure(DIMENSION))
    for field in INDEXED:
        shard.update(make_index(field, "keyword"))
    spent = dict.fromkeys(("making", "writing", "flushing"), 0.0)
    wall, points, unflushed = 0.0, 0, 0
    batch: list[Point] | None = first
    while batch:
        started, times = time.perf_counter(), [time.thread_time()]
        made = [edge.Point(point.id, memoryview(point.vector), point.payload) for point in batch]
        operation = edge.UpdateOperation.upsert_points(made)
        times.append(time.thread_time())
        shard.update(operation)
        times.append(time.thread_time())
        points, unflushed = points + len(batch), unflushed + len(batch)
        if unflushed >= FLUSH_EVERY:
            shard.flush()
            unflushed = 0
        times.append(time.thread_time())
        wall += time.perf_counter() - started
        for name, start, end in zip(spent, times, times[1:], strict=False):
            spent[name] += end - start
        batch = next(prepared, None)
    started = time.perf_counter()
    shard.flush()
    wall += time.perf_counter() - started
    own = read_memory(os.getpid())[1] - before
    shard.close()
    shutil.rmtree(place)
    return {"points": points, "wall": wall, "cpu": sum(spent.values()), "own": own, "stages": spent}


def fill(folder: Path) -> dict[str, Any]:
    """Fill the store by a run; give what it took, by stage."""
    import ingest.comparison as comparing  # noqa: PLC0415 - its functions are watched
    from ingest.chunking.chunker import TextChunker  # noqa: PLC0415
    from ingest.embedders.steady import SteadyEmbedder  # noqa: PLC0415
    from ingest.sources.text import TextFolder  # noqa: PLC0415
    from ingest.stores.embedded import EmbeddedStore  # noqa: PLC0415

    stages = Stages()
    for stage, owner, names in (
        ("reading", TextFolder, ("files", "parse")),
        ("reading", comparing.Comparison, ("find_changed",)),
        ("cutting", TextChunker, ("split",)),
        ("naming", comparing, ("make_chunks",)),
        ("hashing", SteadyEmbedder, ("embed_each",)),
        ("asking the store", EmbeddedStore, ("count_origins", "count_states", "list_points", "find_vectors")),
        ("writing", EmbeddedStore, ("upsert",)),
        ("marking", EmbeddedStore, ("mark",)),
        ("flushing", EmbeddedStore, ("flush",)),
    ):
        for name in names:
            stages.watch(owner, name, stage)
    shutil.rmtree(folder / "store", ignore_errors=True)
    source, embedder = open_source("text", folder / "laws"), open_embedder("hashing")
    with closing(open_store(path=str(folder / "store"))) as store:
        wall, cpu = time.perf_counter(), time.process_time()
        report = sync([source], embedder=embedder, store=store)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert report.exit_code == 0, report
    cutting = (
        count_helpers()
    )  # the process that cuts has ended with the run, the one that embeds ends with the embedder
    del embedder
    gc.collect()
    helpers = {"cutting": cutting, "hashing": count_helpers() - cutting}
    spent = dict(stages.seconds)
    spent["the rest"] = cpu - sum(spent.values())
    return {"points": report.total("added"), "wall": wall, "cpu": cpu, "stages": spent, "helpers": helpers}


def count_helpers() -> float:
    """Count the seconds of CPU of the processes that this one started and that have ended; 0 on Windows."""
    times = os.times()
    return times.children_user + times.children_system


def compact(folder: Path) -> dict[str, Any]:
    """Let the engine build its index, as the command does after a run."""
    with closing(open_store(path=str(folder / "store"))) as store:
        started = time.perf_counter()
        store.compact()
        return {"wall": time.perf_counter() - started}


ROLES = {"alone": write_alone, "fill": fill, "compact": compact}


def run(folder: Path, *words: str) -> dict[str, Any]:
    """Run a command of this project, or a role of this file, in a process of its own; give what it printed, as JSON.

    peak, own: MB of its own process. children: for each process that it started, the same two.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "VIRTUAL_ENV") if name in os.environ}
    role = words[0] in ROLES
    command = [__file__, "--role", *words] if role else ["-P", "-m", "ingest", *words, "--json", "--quiet"]
    started = time.perf_counter()
    highest: dict[int, tuple[float, float]] = {}
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        while process.poll() is None:
            for pid in list_family(process.pid):
                now, before = read_memory(pid), highest.get(pid, (0.0, 0.0))
                highest[pid] = (max(now[0], before[0]), max(now[1], before[1]))
            time.sleep(10 * POLL)
        assert process.stdout
        output = process.stdout.read()
    assert process.returncode == 0, output
    result: dict[str, Any] = {"wall": time.perf_counter() - started, **json.loads(output)}
    peak, own = highest.pop(process.pid, (0.0, 0.0))
    return {"own": own, **result, "peak": peak, "own_at_most": own, "children": sorted(highest.values(), reverse=True)}


def list_family(pid: int) -> list[int]:
    """List a process and all that descend from it; itself alone where there is no /proc."""
    try:
        children = [path.read_text("ascii").split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return [pid]
    return [pid, *(each for some in children for child in some for each in list_family(int(child)))]


def edit(folder: Path, chunks: int) -> int:
    """Change one article of one file in a hundred; give how many."""
    numbers = range(0, chunks // ARTICLES, EDITED)
    for number in numbers:
        path = name_law(folder, number)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("\n1. ", f"\n1. Sửa đổi lần {number}: ", 1), encoding="utf-8")
    return len(numbers)


def report(folder: Path, chunks: int, *, index: bool) -> dict[str, Any]:
    """Print what each step takes, with its ratio to the engine's or to its limit; give all figures."""
    write_laws(folder, chunks)
    alone = run(folder, "alone", str(folder))
    ours = run(folder, "fill", str(folder))
    assert ours["points"] == alone["points"] == chunks, (ours, alone)
    show("the engine alone", alone)
    show("a run", ours)
    ratio = {name: ours[name] / alone[name] for name in ("wall", "cpu")}
    outside = ours["own_at_most"] - alone["own"]
    disk = measure_disk(folder / "store") / MEGABYTE
    print(f"  {ratio['wall']:.2f} of the engine's time, CPU {ratio['cpu']:.2f} (limit {LIMIT_RATIO})")
    share = outside / LIMIT_MEMORY
    print(f"  {outside:.0f} MB outside the engine = {share:.2f} of {LIMIT_MEMORY:.0f} MB; on the disk {disk:.0f} MB")
    figures = {"chunks": chunks, "alone": alone, "fill": ours, "ratio": ratio, "outside": outside, "disk": disk}
    if index:
        figures["index"] = run(folder, "compact", str(folder))
        print(f"the engine's index, built after a run: {figures['index']['wall']:.1f} s, in a process of its own")
    figures["unchanged"] = unchanged = run(folder, *HASHING)
    assert unchanged["unchanged"] == chunks, unchanged
    show("an unchanged run", unchanged)
    edited = edit(folder, chunks)
    figures["edited"] = again = run(folder, *HASHING)
    assert again["embedded"] == again["added"] == again["deleted"] == edited, again
    show(f"{edited} of {chunks // ARTICLES} files edited", again)
    print(f"  the run itself {again['seconds']:.1f} s; {again['embedded']} texts embedded (limit {edited})")
    print(f"  {again['wall'] / ours['wall']:.3f} of the time of the first run, for {1 / EDITED:.3f} of the files")
    return figures


def show(name: str, figures: dict[str, Any]) -> None:
    """Print what a step took."""
    cpu = f", CPU {figures['cpu']:.1f} s" if "cpu" in figures else ""
    own = figures["own_at_most"]
    print(f"{name}: {figures['wall']:.1f} s{cpu}; peak {figures['peak']:.0f} MB, its own {own:.0f} MB")
    for peak, of_them in figures["children"]:
        print(f"  a process that it started: peak {peak:.0f} MB, its own {of_them:.0f} MB")
    stages, points = figures.get("stages", {}), figures.get("points", 1)
    for stage, seconds in stages.items():
        share, each = seconds / figures["cpu"], seconds / points * 1e6
        print(f"  {stage:17}: {seconds:6.1f} s of CPU, {share:4.0%}, {each:5.1f} µs a chunk")
    for stage, seconds in figures.get("helpers", {}).items():
        print(f"  {stage:17}: {seconds:6.1f} s of CPU in a process beside it")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A run against the engine alone.")
    parser.add_argument("--chunks", type=int, default=100_000, help="of the folder, ten a file (default: 100,000)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where all figures are written")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="where the sources and the store stay")
    parser.add_argument("--no-index", action="store_true", help="don't let the engine build its index")
    parser.add_argument("--role", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role:
        print(json.dumps(ROLES[given.role[0]](Path(given.role[1]))))
    else:
        with nullcontext(given.keep) if given.keep else TemporaryDirectory() as place:
            folder = Path(place).absolute() / "million"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            figures = report(folder, given.chunks, index=not given.no_index)
        if given.json:
            given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
