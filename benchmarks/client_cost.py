# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure what receiving vectors costs: CPU for each through every client, and memory over many requests.

Run `python benchmarks/client_cost.py [requests]`. The service is a process of its own, so that its work isn't counted.
"""

import json
import os
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import numpy as np

from ingest.embedders.endpoint import Endpoint
from ingest.embedders.huggingface import HuggingFace
from ingest.embedders.openai import OpenAI
from ingest.protocols import Service
from tests.loopback import Answer, Request, serve

DIMENSION, BATCH = 768, 32
LEAST = 5_000  # vectors that one core must receive in a second, through the cheapest client
GROWTH = 20.0  # MB that memory may grow between request 500 and the last
WARM = 500  # requests


def answer_with_vectors() -> None:
    """Answer any number of texts with vectors made once, until standard input ends; print the URL first."""
    vectors = np.random.default_rng(1).normal(size=(BATCH, DIMENSION)).astype("<f4")
    rows = [[round(float(number), 8) for number in row] for row in vectors]
    texts = {count: json.dumps(rows[:count]).encode() for count in (1, BATCH)}
    items = [{"index": index, "embedding": b64encode(row.tobytes()).decode()} for index, row in enumerate(vectors)]
    coded = {count: json.dumps({"data": items[:count]}).encode() for count in (1, BATCH)}

    def answer(request: Request) -> Answer:
        if request.method == "GET":
            return Answer(404)
        given = request.json
        return Answer(body=coded[len(given["input"])] if "input" in given else texts[len(given["inputs"])])

    with serve(answer) as server:
        threading.Thread(target=_forget, args=(server.requests,), daemon=True).start()
        print(server.url, flush=True)
        sys.stdin.read()


def _forget(requests: list[Request]) -> None:
    while True:
        time.sleep(1)
        requests.clear()


def measure_cpu(service: Service, requests: int = 150) -> float:
    """Give the seconds of CPU that a vector takes: the least of three rounds."""
    texts = ["text"] * BATCH
    service.embed(texts)
    rounds = []
    for _ in range(3):
        started = time.process_time()
        for _ in range(requests // 3):
            service.embed(texts)
        rounds.append((time.process_time() - started) / (requests // 3) / BATCH)
    return min(rounds)


def measure_growth(service: Service, requests: int) -> float:
    """Give by how many MB the memory of this process peaks above what it was after the first 500 requests."""
    highest = before = 0.0
    for number in range(requests):
        service.embed(["text"])
        if number == WARM:
            before = read_memory()
        if number >= WARM and number % 100 == 0:
            highest = max(highest, read_memory())
    return max(highest, read_memory()) - before


def read_memory() -> float:
    """Read the resident memory of this process in MB; 0 where the system has no /proc."""
    statm = Path("/proc/self/statm")
    if not statm.is_file():
        return 0
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def report(requests: int) -> None:
    """Print vectors a second of CPU and MB of growth, each with the ratio to its limit."""
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        services: dict[str, Service] = {
            "hf": HuggingFace("org/model", token="hf_benchmark", router=url),
            "TEI": Endpoint(url),
            "OpenAI-base64": OpenAI(url, model="org/model"),
        }
        # Before the larger replies, whose memory, once free, would hide a growth.
        for name, service in services.items():
            growth = measure_growth(service, requests)
            print(
                f"{name:14}: {growth:5.1f} MB more at most from request {WARM} to {requests}, against {GROWTH:.0f} MB: "
                f"{growth / GROWTH:.2f} (at most 1)"
            )
        rates = {}
        for name, service in services.items():
            rates[name] = 1 / measure_cpu(service)
            print(f"{name:14}: {rates[name]:8.0f} vectors of {DIMENSION} floats for each second of CPU")
        cheapest = max(rates, key=lambda name: rates[name])
        print(f"cheapest, {cheapest}, against {LEAST} a second: {rates[cheapest] / LEAST:.2f} (at least 1)")
        server.communicate()  # ends its standard input, and so the service


if __name__ == "__main__":
    if "--serve" in sys.argv:
        answer_with_vectors()
    else:
        report(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000)
