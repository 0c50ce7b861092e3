"""Hyperlinks that are formulas: HYPERLINK("https://…", "what it shows")."""

import re

from ingest.sources.cells import Linked

_ARGUMENT = r'"((?:[^"]|"")*)"\s*'
_HYPERLINK = re.compile(rf"\s*(?:of:=)?\s*HYPERLINK\(\s*{_ARGUMENT}(?:[,;]\s*{_ARGUMENT})?\)\s*", re.IGNORECASE)


def read_formula(formula: str) -> Linked | None:
    """Read the link of a formula whose arguments are written out, with what it shows; None for any other formula."""
    found = _HYPERLINK.fullmatch(formula)
    if not found:
        return None
    url, text = (each and each.replace('""', '"') for each in found.groups())
    return Linked(url if text is None else text, url=url) if url and leads_out(url) else None


def leads_out(url: str) -> bool:
    """Tell whether a link leads out of its workbook: a place in it is of no use to a reader of answers."""
    return bool(url) and not url.startswith("#")
