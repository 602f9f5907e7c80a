"""What cutting a frame anew costs Dask: dask-repartition.py <rows> <many> <few> <size> <threads>."""

import json
import statistics
import sys
import time

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd


def frame(start, end):
    ids = np.arange(start, end, dtype=np.int64)
    columns = {"c0": ids.astype(np.int32)}
    for n in range(3):
        columns[f"c{n + 1}"] = ((ids * (n + 7)) % 9_973).astype(np.float64)
    columns["c4"] = pd.Series((ids * 7_919) % 1_000_000_000).astype(str).str.rjust(10, "t").to_numpy()
    return pd.DataFrame(columns, index=pd.RangeIndex(start, end))


def seconds(frames):
    def once():
        start = time.perf_counter()
        frames().map_partitions(len).compute()
        return time.perf_counter() - start

    once()
    return statistics.median(once() for _ in range(5))


def main():
    rows, many, few = map(int, sys.argv[1:4])
    size, threads = sys.argv[4], int(sys.argv[5])
    dask.config.set(scheduler="threads", num_workers=threads)
    whole = frame(0, rows)
    in_many = dd.from_pandas(whole, npartitions=many).persist()
    in_few = dd.from_pandas(whole, npartitions=few).persist()
    head = int(0.8 * rows)
    parts = [
        dd.from_pandas(frame(0, head), npartitions=1),
        dd.from_pandas(frame(head, rows), npartitions=many - 1),
    ]
    skewed = dd.concat(parts).persist()
    cases = {
        f"{many} → {few}": lambda: in_many.repartition(npartitions=few),
        f"{few} → {many}": lambda: in_few.repartition(npartitions=many),
        f"skewed → {few}": lambda: skewed.repartition(npartitions=few),
        f"by size, {size}": lambda: in_many.repartition(partition_size=size),
    }
    name = f"Dask {dask.__version__}, pandas {pd.__version__}"
    print(
        json.dumps(
            [
                {"case": f"{name}: {case}", "medianMs": 1_000 * seconds(run)}
                for case, run in cases.items()
            ]
        )
    )


main()
