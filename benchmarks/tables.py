# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""What docs/benchmarks.md tells of the figures, as Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pictures import show

OURS = "create-vector-db"
SCENARIOS = {
    "first": "First run",
    "unchanged": "Unchanged re-run",
    "edited": "1 % edited",
    "lost": "5 % of the points lost in the store, then a re-run",
    "failing": "First run, 5 % of the requests fail",
}
Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of a run. why: the reason for which a peer may be ahead in it, as far as it is known."""

    called: str
    unit: str = ""
    why: str = "why isn't known"


METRICS = {
    "wall": Metric(
        "wall",
        " s",
        why="twice the texts take their time; and where a service says that it is asked too often, all of this tool's "
        "requests wait as long as it says, while the peer's others go on",
    ),
    "cpu": Metric("CPU", " s"),
    "requests": Metric(
        "requests to the service",
        why="twice the texts make twice the requests; and this tool asks for two known texts first, to prove that the "
        "model is the collection's own",
    ),
    "texts": Metric(
        "texts embedded",
        why="this tool embeds each question once more, alone, so that it finds its own row before all others, whatever "
        "their answers; and the two known texts that prove the model",
    ),
    "asked": Metric(
        "requests to the store",
        why="this tool keeps no state beside the store, so it asks the store what is there and which texts have a "
        "vector already; it makes six payload indexes; and twice the points are twice the batches",
    ),
    "peak": Metric(
        "peak memory",
        " MB",
        why="the workbook is read by a process of its own here, within limits, and vectors go into a cache",
    ),
}


def make_table(figures: Figures, scenario: str) -> str:
    """Make the table of one scenario: a row for each metric, each with its ratio to ours, and who is ahead in what."""
    runs = {name: each["runs"].get(scenario) for name, each in figures["contenders"].items()}
    lines = [f"| {SCENARIOS[scenario]} | {' | '.join(runs)} |", "|---" * (len(runs) + 1) + "|"]
    ours, ahead = runs[OURS], []
    for name, metric in METRICS.items():
        cells = [_show_cell(run, ours, name, metric.unit) for run in runs.values()]
        lines.append(f"| {metric.called} | {' | '.join(cells)} |")
        if leaders := [who for who, run in runs.items() if is_ahead(run, ours, name)]:
            ahead.append(f"{metric.called} ({', '.join(leaders)})")
    rows = figures["on"]["rows"]
    lines.append(f"| rows with a right point | {' | '.join(_show_points(run, rows) for run in runs.values())} |")
    lines.append(f"| ended | {' | '.join(map(_show_end, runs.values()))} |")
    told = f"Ahead of this tool: {'; '.join(ahead)}." if ahead else "No peer is ahead of this tool."
    return "\n".join([*lines, "", told])


def explain(figures: Figures) -> str:
    """Say for each metric in which a peer is ahead anywhere why that is so."""
    lines = []
    for name, metric in METRICS.items():
        leaders = {
            who: None
            for scenario in SCENARIOS
            for who, each in figures["contenders"].items()
            if is_ahead(each["runs"].get(scenario), figures["contenders"][OURS]["runs"].get(scenario), name)
        }
        if leaders:
            lines.append(f"- **{metric.called}**: {', '.join(leaders)}; {metric.why}.")
    return "\n".join(lines or ["In nothing."])


def is_ahead(run: Figures | None, ours: Figures | None, metric: str) -> bool:
    """Say whether a peer did with less, and did its work: one that lost something is ahead in nothing."""
    if run is None or ours is None or run[metric] is None or run["exit_code"] or run["silent"]:
        return False
    return bool(run[metric] < ours[metric])


def _show_cell(run: Figures | None, ours: Figures, metric: str, unit: str) -> str:
    if run is None or run[metric] is None:
        return "–"
    shown = f"{show(run[metric])}{unit}"
    if metric == "requests" and run["failed"]:
        shown += f", {run['failed']} refused"
    if run is ours or not ours[metric]:
        return shown
    return f"{shown} ({show(run[metric] / ours[metric])} ×)"


def _show_points(run: Figures | None, rows: int) -> str:
    if run is None:
        return "–"
    wrong = [f"{run[name]:,} {name}" for name in ("missing", "stale", "duplicate", "wrong") if run[name]]
    return f"{run['right']:,} of {rows:,}" + (f": **{', '.join(wrong)}**" if wrong else "")


def _show_end(run: Figures | None) -> str:
    if run is None:
        return "not installed"
    return f"{run['exit_code']}" + (", **in silence**" if run["silent"] else "")


def tell_grounds(figures: Figures) -> str:
    """Tell on what was measured, and whose versions."""
    on = figures["on"]
    service, store = on["service"], "a Qdrant server"
    if on["store"] == "double":
        store = f"a double of Qdrant's REST over dicts, {1000 * on['store_latency']:.0f} ms for each request"
    takes = f"{1000 * service['latency']:.0f} ms for each request and {1000 * service['per_text']:.0f} ms for each text"
    load = f", a load of {on['load']:.1f} before the first run" if "load" in on else ""
    rounds = f"; the fastest of {on['rounds']} rounds" if on.get("rounds", 1) > 1 else ""
    lines = [
        f"- {on['when']}, Python {on['python']}, {on['cores']} cores{load}.",
        f"- A workbook of {on['rows']:,} rows{rounds}.",
        f"- The embedding service: {takes}, at most {service['most']} texts in one request.",
        f"- The store: {store}.",
    ]
    for name, each in figures["contenders"].items():
        versions = each["versions"]
        told = ", ".join(f"{package} {number}" for package, number in versions.items()) if versions else "not installed"
        lines.append(f"- {name}: {told}.")
    return "\n".join(lines)


def show_others(others: Figures) -> str:
    """Show what the other benchmarks printed, each under its command."""
    return "\n\n".join(
        f"### {name[0].upper()}{name[1:]}\n\n`{each['command']}`, {each['seconds']} s:\n\n```text\n"
        f"{each['printed'].rstrip()}\n```"
        for name, each in others.items()
    )
