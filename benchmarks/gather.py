# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Run the other benchmarks one after the other and keep what they print, for docs/benchmarks.md.

Run `python benchmarks/gather.py [NAME ...]`; some take minutes. What is named is run, what isn't stays as it was. Each
is a command by itself too.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
FIGURES = HERE / "figures" / "others.json"
COMMANDS = {
    "reading": ["reading.py", "20000"],
    "splitting": ["chunking.py"],
    "hashing": ["hashing.py"],
    "client cost": ["client_cost.py"],
    "cache": ["cache.py"],
    "pacing": ["pacing.py"],
    "shares at once": ["share.py"],
    "no-op by size": ["noop.py"],
    "no-op of 100,000": ["unchanged.py"],
    "embedded writes, and where the time of a run goes": ["million.py", "--no-index"],
}


def run(words: list[str]) -> dict[str, object]:
    """Run a benchmark; give its command, its seconds and what it printed. Raises CalledProcessError where it fails."""
    started = time.perf_counter()
    command = [sys.executable, str(HERE / words[0]), *words[1:]]
    said = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds = round(time.perf_counter() - started)
    return {"command": " ".join(["python", f"benchmarks/{words[0]}", *words[1:]]), "seconds": seconds, "printed": said}


def main(names: list[str]) -> None:
    """Run what is named, all by default."""
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    for name in names or COMMANDS:
        kept[name] = run(COMMANDS[name])
        print(f"{name}: {kept[name]['seconds']} s\n{kept[name]['printed']}", flush=True)
        ordered = {each: kept[each] for each in COMMANDS if each in kept}
        FIGURES.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
