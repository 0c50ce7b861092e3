"""A cache that passes the conformance suite of caches and lives as long as the test."""

from collections.abc import Mapping, Sequence


class MemoryCache:
    """The least that a cache is."""

    name = "memory"

    def __init__(self) -> None:
        self.canaries: dict[str, list[bytes]] = {}
        self.values: dict[str, bytes] = {}

    def list_canaries(self, identity: str) -> list[bytes]:
        return self.canaries.get(identity, [])

    def add_canaries(self, identity: str, canaries: bytes) -> None:
        if canaries not in self.list_canaries(identity):
            self.canaries[identity] = [*self.list_canaries(identity), canaries]

    def fetch(self, keys: Sequence[str]) -> dict[str, bytes]:
        return {key: self.values[key] for key in keys if key in self.values}

    def keep(self, values: Mapping[str, bytes]) -> None:
        self.values |= values

    def close(self) -> None:
        pass
