# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Write the tables of docs/benchmarks.md and its pictures from the figures that the benchmarks left.

Run `python benchmarks/page.py`. What stands between `<!-- NAME -->` and `<!-- /NAME -->` is made,
the rest is a person's.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from pictures import draw_bars
from tables import SCENARIOS, Figures, explain, make_table, show_others, tell_grounds

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "benchmarks" / "figures"
PAGE = ROOT / "docs" / "benchmarks.md"
PICTURES = ROOT / "docs" / "pictures"
SHOWN = {
    "first": "First run",
    "unchanged": "Unchanged re-run",
    "edited": "1 % edited",
    "failing": "First run, 5 % fail",
}


def make_parts(figures: Figures, others: Figures) -> dict[str, str]:
    """Make all that stands in the page between its marks."""
    return {
        "grounds": tell_grounds(figures),
        **{scenario: make_table(figures, scenario) for scenario in SCENARIOS},
        "ahead": explain(figures),
        "others": show_others(others),
    }


def make_pictures(figures: Figures) -> dict[str, str]:
    """Make the pictures, as SVG, by the names of their files."""

    def gather(metric: str) -> dict[str, dict[str, float | None]]:
        runs = {name: each["runs"] for name, each in figures["contenders"].items() if each["runs"]}
        return {
            title: {name: pick(each[scenario], metric) for name, each in runs.items()}
            for scenario, title in SHOWN.items()
        }

    return {
        "wall.svg": draw_bars("Seconds (logarithmic)", gather("wall"), " s"),
        "requests.svg": draw_bars("Requests to the embedding service (logarithmic)", gather("requests")),
        "memory.svg": draw_bars("Peak memory in MB (logarithmic)", gather("peak"), " MB"),
    }


def pick(run: Figures, metric: str) -> float | None:
    """Pick a figure of a run; None where the run failed or lost something."""
    return None if run["exit_code"] or run["silent"] else run[metric]


def fill(page: str, parts: Mapping[str, str]) -> str:
    """Put each part between its marks. Raises ValueError for one that the page has no marks for."""
    for name, text in parts.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not marks.search(page):
            raise ValueError(f"the page has no place for {name}: put <!-- {name} --> and <!-- /{name} --> into it")
        page = marks.sub("\\g<1>" + text.replace("\\", r"\\") + "\n\\g<2>", page)
    return page


def read(name: str) -> Figures:
    """Read the figures of one kind."""
    read: Figures = json.loads((FIGURES / name).read_text(encoding="utf-8"))
    return read


def main() -> None:
    """Write the page and the pictures."""
    figures = read("peers.json")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(fill(page, make_parts(figures, read("others.json"))), encoding="utf-8")
    for name, picture in make_pictures(figures).items():
        (PICTURES / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
