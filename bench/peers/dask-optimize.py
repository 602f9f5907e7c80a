"""What Dask's cull, fuse and order cost on chains that feed a tree, as JSON.

python dask-optimize.py <chains> <length>, with dask installed from PyPI.
"""

import json
import statistics
import sys
import time

import dask
from dask._task_spec import convert_legacy_graph, cull, fuse_linear_task_spec
from dask.optimization import fuse
from dask.order import order

REPEATS = 5


def inc(x):
    return x + 1


def chains_into_tree(chains, length, width=8):
    graph = {}
    level = []
    for i in range(chains):
        graph[("l0", i)] = (inc, i)
        for l in range(1, length):
            graph[(f"l{l}", i)] = (inc, (f"l{l - 1}", i))
        level.append((f"l{length - 1}", i))
    height = 0
    while len(level) > 1:
        above = []
        for i in range(0, len(level), width):
            graph[(f"t{height}", i)] = (sum, level[i : i + width])
            above.append((f"t{height}", i))
        level, height = above, height + 1
    return graph, level


def median_ms(run):
    run()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main(chains, length):
    legacy, keys = chains_into_tree(chains, length)
    graph = convert_legacy_graph(legacy)
    half = [(f"l{length - 1}", i) for i in range(0, chains, 2)]
    cases = {
        "cull": lambda: cull(graph, half),
        "fuse": lambda: fuse_linear_task_spec(graph, set(keys)),
        "fuse, width 8": lambda: fuse(legacy, keys, ave_width=8, max_width=8),
        "order": lambda: order(graph),
    }
    rows = [{"case": name, "medianMs": median_ms(run)} for name, run in cases.items()]
    print(json.dumps({"dask": dask.__version__, "tasks": len(graph), "rows": rows}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
