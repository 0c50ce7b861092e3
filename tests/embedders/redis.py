"""A Redis server for tests, where one is installed."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.loopback import find_free_port


@contextmanager
def serve_redis(*options: str) -> Iterator[str]:
    """Run a real server on 127.0.0.1, which keeps nothing on the disk, and give its URL."""
    pytest.importorskip("redis")
    binary = shutil.which("redis-server")
    if not binary:
        pytest.skip("there is no redis-server here")
    port = find_free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        for line in process.stdout:
            if "Ready to accept connections" in line:
                break
        with socket.create_connection(("127.0.0.1", port)):
            pass
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
