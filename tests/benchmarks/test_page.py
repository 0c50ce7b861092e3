"""The page says what the figures say. `python benchmarks/page.py` writes it anew."""

from typing import Any
from xml.etree import ElementTree as ET

import page
import pytest
import tables
from hypothesis import given
from hypothesis import strategies as st
from pictures import draw_bars


def make_run(**changed: Any) -> dict[str, Any]:
    run = {"wall": 2.0, "cpu": 1.0, "requests": 10, "texts": 20, "asked": 5, "peak": 100.0}
    points = {"right": 20, "missing": 0, "stale": 0, "duplicate": 0, "wrong": 0}
    return {**run, "failed": 0, "exit_code": 0, "silent": False, **points, **changed}


def make_figures(peer: dict[str, Any] | None) -> dict[str, Any]:
    contenders = {tables.OURS: make_run(), "peer": peer}
    runs = {name: {"versions": None, "runs": {"first": run} if run else {}} for name, run in contenders.items()}
    return {"on": {"rows": 20}, "contenders": runs}


def test_the_page_is_made_of_the_figures() -> None:
    figures, written = page.read("peers.json"), page.PAGE.read_text(encoding="utf-8")
    assert page.fill(written, page.make_parts(figures, page.read("others.json"))) == written
    for name, picture in page.make_pictures(figures).items():
        assert (page.PICTURES / name).read_text(encoding="utf-8") == picture
        assert f"pictures/{name}" in written


def test_a_peer_that_did_with_less_is_said_to_be_ahead() -> None:
    table = tables.make_table(make_figures(make_run(asked=1)), "first")
    assert "1 (0.2 ×)" in table
    assert "Ahead of this tool: requests to the store (peer)." in table
    assert tables.explain(make_figures(make_run(asked=1))).startswith("- **requests to the store**: peer; this tool")


@pytest.mark.parametrize("fault", [{"silent": True, "missing": 3, "right": 17}, {"exit_code": 1}])
def test_a_peer_that_failed_is_ahead_in_nothing(fault: dict[str, Any]) -> None:
    figures = make_figures(make_run(asked=1, wall=0.1, **fault))
    assert "No peer is ahead" in tables.make_table(figures, "first")
    assert tables.explain(figures) == "In nothing."


def test_what_a_run_lost_and_that_it_said_nothing_is_told() -> None:
    table = tables.make_table(make_figures(make_run(right=17, missing=3, silent=True)), "first")
    assert "17 of 20: **3 missing**" in table
    assert "0, **in silence**" in table


def test_a_peer_that_is_not_installed_says_so() -> None:
    assert "| not installed |" in tables.make_table(make_figures(None), "first")


def test_a_part_without_a_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for first"):
        page.fill("nothing", {"first": "text"})


def test_a_run_that_failed_has_no_bar() -> None:
    assert page.pick(make_run(exit_code=1, wall=0.1), "wall") is None
    assert page.pick(make_run(silent=True), "wall") is None
    assert ">failed<" in draw_bars("title", {"group": {"ours": 2.0, "peer": None}})


@given(st.dictionaries(st.text("abc<&", min_size=1), st.floats(0, 1e6), min_size=1, max_size=4))
def test_a_picture_has_a_bar_for_each_value_and_longer_ones_for_more(values: dict[str, float]) -> None:
    drawn = ET.fromstring(draw_bars("title & more", {"group <": values}))
    bars = [each for each in drawn.iter("{http://www.w3.org/2000/svg}rect") if each.get("height") == "13"]
    widths = [int(each.attrib["width"]) for each in bars]
    assert len(widths) == len(values)
    order = sorted(range(len(values)), key=[*values.values()].__getitem__)
    assert [widths[at] for at in order] == sorted(widths)
