"""`python -m ingest` is `create-vector-db`."""

from ingest.cli import run

run()
