# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""The script that everybody writes first: one text for each request, one point for each write, no state.

Run by `python benchmarks/peers`: `with_script.py WORKBOOK SERVICE STORE COLLECTION FOLDER`.
"""

import sys
from pathlib import Path

import httpx
from qdrant_client import QdrantClient, models
from rows import MODEL, read_rows


def fill(workbook: Path, service: str, store: str, collection: str) -> None:
    """Write each row of the workbook, under its number, into the collection."""
    client = QdrantClient(url=store, check_compatibility=False)
    if not client.collection_exists(collection):
        client.create_collection(collection, models.VectorParams(size=768, distance=models.Distance.COSINE))
    with httpx.Client(timeout=60) as http:
        for number, row in enumerate(read_rows(workbook)):
            answer = http.post(f"{service}/v1/embeddings", json={"model": MODEL, "input": row.text})
            vector = answer.raise_for_status().json()["data"][0]["embedding"]
            payload = {"text": row.text, "question": row.question, "source": row.source}
            client.upsert(collection, [models.PointStruct(id=number, vector=vector, payload=payload)])


if __name__ == "__main__":
    fill(Path(sys.argv[1]), *sys.argv[2:5])
