"""What Dask's own order does with our example shapes.

    npx tsx test/graph/optimize/order-shapes.ts | python test/graph/optimize/dask-order.py \
        > test/graph/optimize/dask-order-<version>.json

Reads {shape: dependencies of every task} and writes, for each shape and for its mirror (tasks
numbered from the other end, which turns every tie), what `dask.order.diagnostics` says of
`dask.order.order`, and the positions themselves. Needs nothing but Dask.
"""

import json
import sys

import dask
from dask._task_spec import Task, TaskRef
from dask.order import diagnostics, order

# Seven digits each: Dask breaks ties by str(key), and so these sort as numbers do. Integers, since
# sets of strings are walked in another order in every process.
FIRST_KEY = 1_000_000


def run():
    """Stands for a task's function; nothing is ever called."""


def measure(needs):
    graph = {
        FIRST_KEY + t: Task(FIRST_KEY + t, run, *(TaskRef(FIRST_KEY + d) for d in deps))
        for t, deps in enumerate(needs)
    }
    positions = order(graph)
    info, pressure = diagnostics(graph, o=positions)
    return {
        "maxPressure": max(pressure),
        "meanPressure": round(sum(pressure) / len(pressure), 3),
        "meanAge": round(sum(i.age for i in info.values()) / len(info), 3),
        "positions": " ".join(str(positions[FIRST_KEY + t]) for t in range(len(needs))),
    }


def mirrored(needs):
    last = len(needs) - 1
    return [[last - d for d in deps] for deps in reversed(needs)]


shapes = {}
for name, needs in json.load(sys.stdin).items():
    shapes[name] = {
        "tasks": len(needs),
        "edges": sum(map(len, needs)),
        "natural": measure(needs),
        "mirrored": measure(mirrored(needs)),
    }
json.dump({"dask": dask.__version__, "shapes": shapes}, sys.stdout, indent=2)
print()
