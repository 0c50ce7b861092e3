"""Hyperlinks that are formulas, as Excel and LibreOffice write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.cells import Linked
from ingest.sources.links import leads_out, read_formula


def quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@given(st.text(), st.none() | st.text(), st.sampled_from(["HYPERLINK", "of:=HYPERLINK", " hyperlink"]))
def test_a_link_that_is_written_out_is_read_back(url: str, shown: str | None, name: str) -> None:
    separator = ";" if name.startswith("of:") else ", "
    found = read_formula(f"{name}({separator.join(map(quote, [url] if shown is None else [url, shown]))})")
    if not leads_out(url):
        assert found is None
    else:
        assert found is not None
        assert (type(found), str(found), found.url) == (Linked, url if shown is None else shown, url)


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "A1",
        'HYPERLINK(A1,"Luật")',
        'HYPERLINK("https://luat.vn/"&A1,"Luật")',
        'HYPERLINK("https://luat.vn","Luật")&"x"',
        'IF(A1,HYPERLINK("https://luat.vn"),"")',
        'HYPERLINK("https://luat.vn","a","b")',
        'HYPERLINK("#Sheet2!A1","Xem")',
        'HYPERLINK("","Xem")',
    ],
)
def test_any_other_formula_is_none(formula: str) -> None:
    assert read_formula(formula) is None
