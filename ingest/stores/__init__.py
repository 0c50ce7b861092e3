"""Where the points live: the embedded engine of a folder, or a Qdrant server."""

import os
import re

from ingest.errors import UsageError
from ingest.protocols import Store
from ingest.share import WHOLE, Share
from ingest.stores.form import ANY, Form, name_flag

# Read when grpc is imported; else its C core prints beside the report what our errors say.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

# Qdrant refuses these in a name; the embedded store makes it the name of a folder, on Windows too.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]|^\.|[. ]$|^$|[\ud800-\udfff]')
_LONGEST = 200  # characters; file systems take 255 bytes, and the lock's name is longer


def open_store(
    *,
    path: str | None = None,
    url: str | None = None,
    collection: str = "legal_rag",
    alias: str | None = None,
    api_key: str | None = None,
    prefer_grpc: bool | None = None,
    grpc_port: int | None = None,
    max_wait: float | None = None,
    form: Form = ANY,
    lock_wait: float = 0.0,
    exclusive: bool = True,
    share: Share = WHOLE,
    gather: bool = False,
) -> Store:
    """Open one collection of the embedded store in the folder `path`, or of the Qdrant server at `url`.

    url: complete, with scheme and port. api_key, grpc_port: for a server.
    prefer_grpc: None asks a server whether it answers gRPC, where the collection is held.
    max_wait: seconds to wait for each request to a server that can't be answered yet.
    form: how a server is to keep a new collection.
    alias: for a server, the name by which applications reach the collection, which is then `<collection>-1` and so on.
    lock_wait: seconds to wait for another process of this host to let go of the collection.
    exclusive: hold the collection against other processes of this host. Searches don't; the embedded store always does.
    share: what of the origins this process fills. Shares of one number hold a server's collection side by side.
    gather: let points for a server wait in this process for seconds, so that they take few requests; what waits is
    lost where the process is killed. For vectors that a cache keeps.
    Nothing else is asked of a server yet. Raises UsageError for neither or both, a name that no collection can have, or
    what only a server has, where it is a folder;
    LockedError where another process holds the collection; IdentityError for a folder of something else.
    """
    if (path is None) == (url is None):
        raise UsageError("a store is either a folder (path=) or a server (url=): name one of them")
    for what, name in (("collection", collection), ("alias", alias)):
        if name is not None and (_FORBIDDEN.search(name) or len(name.encode("utf-8", "replace")) > _LONGEST):
            raise UsageError(
                f"{what} {name!r} is no name that Qdrant and a folder can have: "
                f"use letters, digits, - and _, at most {_LONGEST} bytes"
            )
    if path is not None:
        if alias is not None:
            raise UsageError(f"the embedded store needs no alias: leave out --alias {alias}, --rebuild switches it too")
        if form != ANY:
            flags = ", ".join(name_flag(name) for name, _ in form.list_wanted())
            raise UsageError(f"{flags}: only a server keeps its collections so. Leave it out for a folder")
        from ingest.stores.embedded import EmbeddedStore  # noqa: PLC0415 - brings the engine

        return EmbeddedStore(path, collection, lock_wait=lock_wait)
    from ingest.stores.connection import connect  # noqa: PLC0415 - brings qdrant-client, one to two seconds

    return connect(
        str(url),
        collection,
        alias=alias,
        api_key=api_key,
        prefer_grpc=prefer_grpc,
        grpc_port=grpc_port,
        lock_wait=lock_wait if exclusive else None,
        form=form,
        share=share,
        gather=gather,
        **({} if max_wait is None else {"max_wait": max_wait}),
    )
