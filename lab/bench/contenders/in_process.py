"""`python -m lab.bench.contenders.in_process SECONDS` repeats `delay().get()` and prints its rate."""

import json
import sys
import time

from lab.bench.contenders import stock
from lab.bench.figures import percentile

WARM_UP = 50


def main(seconds: float) -> None:
    """Measure for so long."""
    add = stock.app.tasks["add"]
    for _ in range(WARM_UP):
        add.delay(4, 5).get(timeout=10)
    latencies = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        add.delay(4, 5).get(timeout=10)
        latencies.append(time.perf_counter() - start)
    print(json.dumps([percentile(latencies, 50), percentile(latencies, 99)]))


if __name__ == "__main__":
    main(float(sys.argv[1]))
