"""The scores of irv2/cmd/lesson/metrics.go, computed another way: metrics.json.

    python -m venv venv && venv/bin/pip install numpy scikit-learn && venv/bin/python testdata/lesson/metrics.py

LogME by maximising the evidence numerically, H-score with scikit-learn's Ledoit-Wolf,
GBC by its definition on scikit-learn's principal components.
"""

import json
import os

import numpy as np
from scipy.optimize import minimize
from scipy.stats import multivariate_normal
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA

rng = np.random.default_rng(11)


def log_me(x, y, classes):
    n, total = len(x), 0
    for c in range(classes):
        target = (y == c).astype(float)

        def negative(logs):
            alpha, beta = np.exp(logs)
            return -multivariate_normal.logpdf(target, np.zeros(n), np.eye(n) / beta + x @ x.T / alpha)

        total -= min(minimize(negative, start, method="Nelder-Mead", options=dict(xatol=1e-7, fatol=1e-9, maxiter=4000)).fun for start in ([0, 0], [3, 1])) / n
    return total / classes


def h_score(x, y, classes):
    c = x - x.mean(0)
    covariance, shrink = ledoit_wolf(c, assume_centered=True)
    means = np.array([c[y == k].mean(0) for k in range(classes)])[y]
    return (1 - shrink) * np.trace(np.linalg.solve(covariance, means.T @ means / len(x)))


def gbc(x, y, classes):
    z = PCA(min(64, *x.shape)).fit_transform(x)
    d = z.shape[1]
    mean = [z[y == k].mean(0) for k in range(classes)]
    variance = [np.mean((z[y == k] - mean[k]) ** 2) for k in range(classes)]
    total = 0
    for a in range(classes):
        for b in range(classes):
            if a != b:
                both = (variance[a] + variance[b]) / 2
                total -= np.exp(-np.sum((mean[a] - mean[b]) ** 2) / both / 8 - d / 2 * np.log(both / np.sqrt(variance[a] * variance[b])))
    return total


def case(n, d, classes, apart):
    y = np.arange(n) % classes
    x = np.maximum(0, 0.3 + apart * rng.normal(size=(classes, d))[y] + rng.normal(size=(n, d)) * rng.gamma(1, size=d))
    x = np.asarray(x, np.float32).astype(float)
    return dict(channels=d, classes=classes, x=x.ravel().tolist(), labels=y.tolist(), log_me=log_me(x, y, classes), h_score=h_score(x, y, classes), gbc=gbc(x, y, classes))


with open(os.path.join(os.path.dirname(__file__), "metrics.json"), "w") as f:
    json.dump([case(30, 6, 3, 0.4), case(20, 40, 4, 0.3), case(24, 12, 2, 0)], f)
    f.write("\n")
