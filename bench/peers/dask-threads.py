"""What a task that does nothing costs Dask on threads: python dask-threads.py <tasks> <threads>."""

import json
import statistics
import sys
import time

import dask
import dask.threaded


def same(i):
    return i


def seconds(graph, keys, threads):
    start = time.perf_counter()
    dask.threaded.get(graph, keys, num_workers=threads)
    return time.perf_counter() - start


def main():
    tasks, threads = int(sys.argv[1]), int(sys.argv[2])
    keys = [f"same-{i}" for i in range(tasks)]
    graph = {key: (same, i) for i, key in enumerate(keys)}
    seconds(graph, keys, threads)
    took = statistics.median(seconds(graph, keys, threads) for _ in range(3))
    row = {
        "case": f"Dask {dask.__version__}, threads: independent",
        "medianMs": 1_000 * took,
        "microsecondsPerTask": 1e6 * took / tasks,
    }
    print(json.dumps([row]))


main()
