"""What a run would cost beside its counts: tokens, time, money, each as far as it can be known."""

from collections.abc import Collection as AbstractCollection
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.model import Collection, Json

MILLION = 1_000_000  # tokens that a price is for


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of the texts that a service would be asked for. None is unknown: nothing is guessed.

    tokens: with the special ones of the model and its prefix, and without the canaries.
    seconds: of asking the service. money: in whatever the price is in.
    price: of a million tokens, None where it was not given.
    basis: for each of them, and for the requests, how it was found, or why it is not known.
    """

    tokens: int | None
    seconds: float | None
    money: float | None
    price: float | None
    basis: Mapping[str, str]


def estimate(
    *,
    texts: int,
    requests: int,
    tokens: int | str,
    rate: float | None = None,
    requests_per_minute: float | None = None,
    price: float | None = None,
) -> Estimate:
    """Estimate the cost of a run.

    tokens: their number, or why it is not known. rate: texts a second of an earlier run.
    requests_per_minute: the cap. price: of a million tokens.
    """
    counted = tokens if isinstance(tokens, int) else None if texts else 0
    seconds, pace = _estimate_seconds(texts, requests, rate, requests_per_minute)
    money = None if counted is None or price is None else counted / MILLION * price
    worth = "no price is given: --price-per-million-tokens" if price is None else f"at {price:g} a million tokens"
    unknown = isinstance(tokens, str) and counted is None
    return Estimate(
        tokens=counted,
        seconds=seconds,
        money=money,
        price=price,
        basis={
            "requests": "with that which asks the canaries, if none fails and the service takes what is known of it",
            "tokens": str(tokens) if unknown else "counted by the tokenizer of the model",
            "seconds": pace,
            "money": str(tokens) if unknown and price is not None else worth,
        },
    )


def read_rate(recorded: Mapping[str, Json]) -> float | None:
    """Read the texts a second of a service from what was recorded of a dataset; None where nothing was."""
    last = recorded.get("last_run")
    rate = last.get("rate") if isinstance(last, Mapping) else None
    return float(rate) if isinstance(rate, int | float) and rate > 0 else None


def find_rate(described: Collection | None, datasets: AbstractCollection[str]) -> float | None:
    """Find the rate that the latest run of one of these datasets recorded, or else of any in the collection."""
    recorded = described.datasets if described else {}
    rates = [
        (name in datasets, str(_read_finish(entry)), rate)
        for name, entry in recorded.items()
        if (rate := read_rate(entry)) is not None
    ]
    return max(rates)[-1] if rates else None


def _read_finish(recorded: Mapping[str, Json]) -> Json:
    last = recorded["last_run"]
    return last.get("finished") if isinstance(last, Mapping) else None


def _estimate_seconds(
    texts: int, requests: int, rate: float | None, requests_per_minute: float | None
) -> tuple[float | None, str]:
    """Give the seconds at the cap or at the rate, whichever are more, and which of the two it was."""
    known: list[tuple[float, str]] = []
    if requests_per_minute:
        known.append((requests / requests_per_minute * 60, f"at {requests_per_minute:g} requests a minute"))
    if rate:
        known.append((texts / rate, f"at {rate:g} texts a second, the rate of the last run that embedded many"))
    if not known and requests:
        return None, "no run has recorded a rate, and --requests-per-minute is not given"
    return max(known, default=(0.0, "nothing to ask"))
