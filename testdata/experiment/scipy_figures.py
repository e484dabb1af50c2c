"""Figures of repeated runs by scipy, for irv2/experiment.

    pip install numpy==2.4.6 scipy==1.17.1
    python scipy_figures.py > figures.json

The interval for overlapping splits is in no library: it is computed from Nadeau and
Bengio's formula here, with scipy's quantile.
"""
import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(16)


def spread(values):
    values = np.asarray(values, float)
    n = len(values)
    if n < 2:
        return {"n": n, "mean": float(values.mean()) if n else None, "sd": None, "low": None, "high": None}
    low, high = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=stats.sem(values))
    return {"n": n, "mean": float(values.mean()), "sd": float(values.std(ddof=1)), "low": float(low), "high": float(high)}


def wider(difference, train, validation):
    n = len(difference)
    if n < 2:
        return None
    scale = np.sqrt((1 / n + validation / train) * difference.var(ddof=1))
    return [float(x) for x in difference.mean() + scale * stats.t.ppf([0.025, 0.975], n - 1)]


cases = []
for plans, seeds, train, validation in [(1, 1, 8, 2), (2, 1, 8, 2), (2, 2, 15, 5), (2, 3, 80, 20), (3, 5, 160, 40), (3, 10, 320, 80), (2, 40, 99, 33)]:
    values = rng.binomial(validation, np.linspace(0.6, 0.8, plans)[:, None] + rng.normal(0, 0.05, seeds), (plans, seeds)) / validation
    case = {"train": train, "validation": validation, "values": values.tolist(), "plans": [spread(v) for v in values], "pairs": []}
    for i in range(plans):
        for j in range(i):
            difference = values[i] - values[j]
            case["pairs"].append({"plan": i, "less": j, **spread(difference), "wider": wider(difference, train, validation)})
            if seeds > 1:  # the same by scipy's own paired test
                own = stats.ttest_rel(values[i], values[j]).confidence_interval(0.95)
                assert np.allclose([own.low, own.high], [case["pairs"][-1]["low"], case["pairs"][-1]["high"]])
    cases.append(case)
print(json.dumps(cases, indent=1))
