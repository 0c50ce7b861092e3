# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Compare this tool with what people would use instead, on the same workbook, service and store, in the same run.

Run `python benchmarks/peers [--rows N] [--rounds N] [--only NAME ...]` on Linux or macOS, with the extra `benchmarks`
installed. It takes some twelve minutes, nearly all of them the plain script's, and writes
benchmarks/figures/peers.json, of which `python benchmarks/page.py` makes docs/benchmarks.md and its pictures.
docs/benchmarks.md tells what the figures mean.
"""

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1]))
sys.path.insert(2, str(Path(__file__).parents[2]))

from contenders import CONTENDERS, Contender
from scenarios import HEALTHY, SCENARIOS, Outcome, choose, measure
from store import LATENCY

FIGURES = Path(__file__).parents[1] / "figures" / "peers.json"
ROWS = 2_000


def describe(rows: int, rounds: int) -> dict[str, object]:
    """Tell on what is measured; asked before the first run."""
    return {
        "rows": rows,
        "rounds": rounds,
        "when": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "service": asdict(HEALTHY),
        "store": "a Qdrant server" if os.environ.get("QDRANT_TEST_URL") else "double",
        "store_latency": LATENCY,
    }


def report(contender: Contender, rows: int) -> dict[str, Outcome]:
    """Measure a contender; print a line for each scenario. None are measured where it is not installed."""
    versions = contender.versions
    if versions is None:
        print(f"{contender.name}: not installed ({', '.join(contender.packages)})")
        return {}
    print(f"{contender.name}: {', '.join(f'{name} {number}' for name, number in versions.items())}")
    runs: dict[str, Outcome] = {}
    for scenario, outcome in measure(contender, rows):
        print(f"  {SCENARIOS[scenario]:32} {show(outcome)}", flush=True)
        if outcome.cost.exit_code:
            print(f"    {outcome.cost.last_line}")
        runs[scenario] = outcome
    return runs


def show(outcome: Outcome) -> str:
    """Say in a line what a run did."""
    cost, verdict = outcome.cost, outcome.verdict
    wrong = {name: number for name, number in asdict(verdict).items() if number and name != "right"}
    asked = "?" if outcome.asked is None else outcome.asked.total()
    silent = " IN SILENCE" if outcome.is_silent else ""
    return (
        f"{cost.wall:6.1f} s, CPU {cost.cpu:5.1f} s, {cost.peak:4.0f} MB; service {outcome.requests} requests "
        f"({outcome.failed} failed), {outcome.texts} texts; store {asked} requests; exit {cost.exit_code}; "
        f"{verdict.right} right {wrong or ''}{silent}"
    )


def main() -> None:
    """Measure in turn, print and write the figures."""
    parser = argparse.ArgumentParser(description="This tool against its peers.")
    parser.add_argument("--rows", type=int, default=ROWS, metavar="N", help=f"rows of the workbook, {ROWS} by default")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="of which the fastest run counts")
    parser.add_argument("--only", nargs="+", choices=[each.name for each in CONTENDERS], metavar="NAME")
    parser.add_argument("--figures", type=Path, default=FIGURES, metavar="FILE", help="where the figures are written")
    given = parser.parse_args()
    chosen = [each for each in CONTENDERS if not given.only or each.name in given.only]
    grounds = describe(given.rows, given.rounds)
    rounds = [{each.name: report(each, given.rows) for each in chosen} for _ in range(given.rounds)]
    contenders = {
        each.name: {
            "versions": each.versions,
            "runs": {
                scenario: choose([measured[each.name][scenario] for measured in rounds]).as_json()
                for scenario in rounds[0][each.name]
            },
        }
        for each in chosen
    }
    figures = {"on": grounds, "contenders": contenders}
    if given.figures == FIGURES and given.only:
        print(f"{FIGURES.name} stays as it is, since not all were measured in the same run")
        return
    given.figures.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
