# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Filters of Qdrant's REST, as much of them as the clients of this benchmark send.

https://qdrant.tech/documentation/concepts/filtering: `must`, `should` and `must_not` of conditions on keywords, on
ids, on fields that are empty, and of filters again.
"""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def fits(where: Json | None, id_: int | str, payload: Json) -> bool:
    """Say whether a point fits a filter. Raises ValueError for a condition that this module doesn't know."""
    if not where:
        return True
    unknown = where.keys() - {"must", "should", "must_not"}
    if any(where[key] is not None for key in unknown):
        raise ValueError(f"a filter of {sorted(unknown)} is not known here")
    must, should, never = (_list(where.get(key)) for key in ("must", "should", "must_not"))
    return (
        all(_holds(condition, id_, payload) for condition in must)
        and (not should or any(_holds(condition, id_, payload) for condition in should))
        and not any(_holds(condition, id_, payload) for condition in never)
    )


def find_keywords(where: Json | None) -> dict[str, set[str]]:
    """Find the fields that must have one of some keywords, so that an index can be asked for them."""
    found = {}
    for condition in _list((where or {}).get("must")):
        match = condition.get("match") or {}
        if match.get("any") is not None:
            found[condition["key"]] = set(match["any"])
        elif isinstance(match.get("value"), str):
            found[condition["key"]] = {match["value"]}
    return found


def look_up(payload: Json, path: str) -> object:
    """Look a field up by its path; None where it is missing."""
    value: object = payload
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _holds(condition: Json, id_: int | str, payload: Json) -> bool:
    if any(key in condition for key in ("must", "should", "must_not")):
        return fits(condition, id_, payload)
    if "has_id" in condition:
        return id_ in condition["has_id"]
    if "is_empty" in condition:
        return look_up(payload, condition["is_empty"]["key"]) in (None, [])
    if "key" not in condition or not condition.get("match"):
        raise ValueError(f"the condition {dict(condition)} is not known here")
    return _matches(condition["match"], look_up(payload, condition["key"]))


def _matches(match: Json, value: object) -> bool:
    if match.get("any") is not None:
        return value in match["any"]
    if match.get("except") is not None:
        return value is not None and value not in match["except"]
    if match.get("value") is not None:
        return bool(value == match["value"])
    raise ValueError(f"a match of {dict(match)} is not known here")


def _list(conditions: Json | list[Json] | None) -> list[Json]:
    if conditions is None:
        return []
    return conditions if isinstance(conditions, list) else [conditions]
