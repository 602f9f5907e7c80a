"""A Dask cluster of two worker processes that is told what to measure, a line a question.

python dask-cluster.py, with distributed installed from PyPI. Prints {"version": ...} when it is
ready; then answers each line with one of JSON:

    map <tasks> <round>      seconds of tasks that do nothing, from map to the last one done
    latency <calls> <round>  median seconds of one submit and its result
    bytes <bytes> <round>    seconds to scatter an array, to read it on the other worker, and to gather it
"""

import json
import statistics
import sys
import time

import dask
import distributed
from distributed import Client, LocalCluster, wait

# Faster than the default for tasks that do nothing: none of them waits in a queue.
dask.config.set({"distributed.scheduler.worker-saturation": float("inf")})


def same(x):
    return x


def settle(client):
    """Waits until the scheduler knows no task: it would hand back what it still has."""
    while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
        time.sleep(0.01)


def measure_map(client, tasks, round):
    items = range(round * tasks, (round + 1) * tasks)
    start = time.perf_counter()
    futures = client.map(same, items)
    wait(futures)
    seconds = time.perf_counter() - start
    total = sum(client.gather(futures))
    del futures
    settle(client)
    return {"seconds": seconds, "check": total - round * tasks * tasks}


def measure_latency(client, calls, round):
    times = []
    for call in range(calls):
        start = time.perf_counter()
        client.submit(same, (round + 1) * 1_000_000_000 + call).result()
        times.append(time.perf_counter() - start)
    settle(client)
    return {"seconds": statistics.median(times)}


def filled(value, count):
    import numpy

    return numpy.full(count, value, dtype="u1")


def measure_bytes(client, count, round):
    """Without hashing what is scattered, which takes longer than to send it."""
    one, other = list(client.scheduler_info(n_workers=-1)["workers"])[:2]
    value = round % 251
    array = filled(value, count)
    start = time.perf_counter()
    future = client.scatter(array, hash=False)
    scatter = time.perf_counter() - start
    del future

    made = client.submit(filled, value, count, workers=[one], pure=False)
    wait(made)
    start = time.perf_counter()
    size = client.submit(len, made, workers=[other], pure=False).result()
    move = time.perf_counter() - start
    del made

    kept = client.submit(filled, value, count, workers=[one], pure=False)
    wait(kept)
    start = time.perf_counter()
    back = kept.result()
    gather = time.perf_counter() - start
    check = int(back[-1]) if size == count else -1
    del kept, back
    settle(client)
    return {"scatter": scatter, "worker to worker": move, "gather": gather, "check": check}


def main():
    start = time.perf_counter()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.submit(same, 0).result()
            ready = time.perf_counter() - start
            print(json.dumps({"version": distributed.__version__, "seconds": ready}), flush=True)
            for line in sys.stdin:
                what, count, round = line.split()
                by = {"map": measure_map, "latency": measure_latency, "bytes": measure_bytes}
                print(json.dumps(by[what](client, int(count), int(round))), flush=True)


if __name__ == "__main__":
    main()
