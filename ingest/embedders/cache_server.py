"""A cache for several machines: a Redis server, which forgets what nobody used for a month."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.deadline import run_within
from ingest.embedders.cache_failure import CacheError
from ingest.errors import UsageError

if TYPE_CHECKING:
    from redis.client import Pipeline

SCHEMES = ("redis", "rediss", "unix")
TTL = 30 * 86_400  # seconds after its last use at which a value is forgotten
PATIENCE = 5.0  # seconds that the server may take to answer
LONGEST = 6  # times that long may take what comes in drops: a connection, an answer, and both once more, with a rest
ROOT = "create-vector-db:1"  # what all keys begin with; another number for another layout


class ServerCache:
    """Values in a Redis server, or one that speaks its protocol. What it may hold, and what leaves, it decides itself.

    url: redis://, rediss:// (TLS) or unix://; user and password in it are shown nowhere.
    read_only: keep nothing, and count nothing as used.
    Raises UsageError for a URL that is none, or where the package `redis` is missing.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE, read_only: bool = False) -> None:
        self.name = _name(url)
        self._read_only = read_only
        try:
            import redis  # noqa: PLC0415 - heavy, optional
            from redis.backoff import NoBackoff  # noqa: PLC0415 - heavy, optional
            from redis.retry import Retry  # noqa: PLC0415 - heavy, optional
        except ImportError as error:
            raise UsageError("--cache-url needs the package redis: pip install 'create-vector-db[redis]'") from error
        try:
            self._longest = LONGEST * patience
            self._client = redis.Redis.from_url(
                url,
                socket_timeout=patience,
                socket_connect_timeout=patience,
                retry=Retry(NoBackoff(), 1),  # once more at once: the server drops connections that were idle
            )
        except ValueError as error:
            raise UsageError(f"the URL of the cache ({self.name}) is none: use redis://HOST:PORT") from error
        weakref.finalize(self, self._client.close)

    def list_canaries(self, identity: str) -> Sequence[bytes]:
        """List what was added for an identity, in an order that is the same for all."""
        key = _name_canaries(identity)
        with self._translated():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.smembers(key)
            self._use(pipeline, [key])
            return sorted(self._ask(pipeline)[0])

    def add_canaries(self, identity: str, canaries: bytes) -> None:
        """Add to what is listed for an identity."""
        if self._read_only:
            return
        key = _name_canaries(identity)
        with self._translated():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.sadd(key, canaries)
            pipeline.expire(key, TTL)
            self._ask(pipeline)

    def fetch(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Fetch what is kept under these keys, whose time begins anew; one question."""
        if not keys:
            return {}
        names = [f"{ROOT}:{key}" for key in keys]
        with self._translated():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.mget(names)
            self._use(pipeline, names)  # GETEX would be one word for both, and needs Redis 6.2
            values = self._ask(pipeline)[0]
        return {key: value for key, value in zip(keys, values, strict=True) if value is not None}

    def keep(self, values: Mapping[str, bytes]) -> None:
        """Keep values for a month after their last use; one question."""
        if self._read_only:
            return
        with self._translated():
            pipeline = self._client.pipeline(transaction=False)
            for key, value in values.items():
                pipeline.set(f"{ROOT}:{key}", value, ex=TTL)
            self._ask(pipeline)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _use(self, pipeline: "Pipeline", names: Sequence[str]) -> None:
        """Let the time of these begin anew."""
        if not self._read_only:
            for name in names:
                pipeline.expire(name, TTL)

    def _ask(self, pipeline: "Pipeline") -> list[Any]:
        """Ask what a pipeline holds; the client's own time-outs bound each read, not the whole."""
        return run_within(self._longest, pipeline.execute)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import redis  # noqa: PLC0415 - heavy, optional

        try:
            yield
        except (redis.RedisError, OSError) as error:
            words = " ".join(str(error).split()) or "no answer in time"
            raise CacheError(f"the cache {self.name} failed: {words}") from error


def _name(url: str) -> str:
    """Give a URL without its user, password and parameters."""
    try:
        split = urlsplit(url)
        port = f":{split.port}" if split.port else ""
    except ValueError as error:
        raise UsageError("the URL of the cache is none: use redis://HOST:PORT") from error
    return f"{split.scheme}://{split.hostname or ''}{port}{split.path}"


def _name_canaries(identity: str) -> str:
    return f"{ROOT}:canaries:{identity}"
