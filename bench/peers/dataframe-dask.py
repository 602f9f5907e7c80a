"""The queries of the DataFrame benches by Dask on its threads, over commands that PeerProcess of
../dataframe-sides.ts sends: python dataframe-dask.py <parquet> <csv> <partitions> <threads>."""

import json
import sys
import time
from functools import cache

import dask
import dask.dataframe as dd
import pandas
from dask.dataframe.dask_expr._shuffle import divisions_lru

PARQUET, CSV, PARTITIONS, THREADS = *sys.argv[1:3], *map(int, sys.argv[3:5])
SAMPLED = 997


@cache
def g():
    frame = pandas.read_parquet(PARQUET)
    return dd.from_pandas(frame, npartitions=PARTITIONS, sort=False).persist()


def filtered():
    kept = g()[(g().v1 > 2) & (g().v3 < 50)]
    return kept.assign(z=kept.v1 * kept.v3).z.sum()


def sums(frame, keys, **columns):
    return frame.groupby(keys).agg(**{name: (of, "sum") for name, of in columns.items()})


def pairs():
    return g().groupby(["id6", "v2"]).agg(a=("v3", "sum"), n=("v3", "size"))


def by_texts(frame):
    return sums(frame, ["id1", "id2"], a="v1")


QUERIES = {
    "filter, project, sum": filtered,
    "group by a text of 100": lambda: sums(g(), "id1", a="v1"),
    "group by two texts": lambda: by_texts(g()),
    "group by a text of 100k": lambda: sums(g(), "id3", a="v1", b="v3"),
    "group by an integer of 100k": lambda: sums(g(), "id6", a="v1", b="v2", c="v3"),
    "group by two integers, 1.5M": pairs,
    "sort by a float64": lambda: g()[["v3", "id6"]].sort_values("v3"),
    "CSV, group by two texts": lambda: by_texts(dd.read_csv(CSV)),
    "Parquet, group by two texts": lambda: by_texts(dd.read_parquet(PARQUET)),
}


def run(name):
    """Sorted rows stay in partitions, as they do in the others; the rest is gathered."""
    # Else the second sort would find the bounds that the first one looked for.
    divisions_lru.clear()
    before = time.process_time()
    frame = QUERIES[name]()
    result = frame.persist() if name.startswith("sort") else frame.compute()
    return result, 1_000 * (time.process_time() - before)


def answer(result):
    if not isinstance(result, (pandas.DataFrame, dd.DataFrame)):
        return [1, float(result), 0.0]
    if isinstance(result, dd.DataFrame):
        column = result.v3.compute()
        return [len(column), int((1e6 * column.iloc[::SAMPLED]).round().sum())]
    frame = result.reset_index()
    key = sum(digits(frame[name]) for name in result.index.names)
    values = [frame[name].astype("float64") for name in result.columns]
    return [len(frame), *(float(n) for all in values for n in (all.sum(), (all * key).sum()))]


def digits(column):
    return column if column.dtype.kind == "i" else column.str[2:].astype("int64")


def reply(value):
    print(json.dumps(value), flush=True)


dask.config.set(scheduler="threads", num_workers=THREADS)
reply(f"Dask {dask.__version__}, pandas {pandas.__version__}")
last = None
for line in sys.stdin:
    command = line.rstrip("\n")
    if command == "answer":
        reply(answer(last))
    else:
        last = None
        last, took = run(command.removeprefix("run "))
        reply(took)
