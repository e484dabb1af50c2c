"""The lens's figures, computed another way: figures.json, which irv2/lens is held to.

    python -m venv venv && venv/bin/pip install numpy && venv/bin/python testdata/lens/lens.py

Where the lens works on inner products and closed forms, this solves for every channel
and really leaves images out.
"""

import json
import os

import numpy as np

rng = np.random.default_rng(7)
PENALTIES = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100]


def floats(x):
    return np.asarray(x, np.float32)


def solve(x, y, penalty):
    """Least squares with a penalty on all but the intercept, over channels."""
    n, d = x.shape
    design = np.hstack([x, np.ones((n, 1))])
    squares = design.T @ design + penalty * np.diag([1.0] * d + [0.0])
    return np.linalg.lstsq(squares, design.T @ y, rcond=None)[0]


def scores(x, fitted):
    return np.hstack([x, np.ones((len(x), 1))]) @ fitted


def ridge(n, d, classes):
    labels = np.arange(n) % classes
    centres = rng.normal(size=(classes, d))
    train = floats(3 + 0.5 * centres[labels] + rng.normal(size=(n, d)))
    test = floats(3 + rng.normal(size=(5, d)))
    x, y = train.astype(float), np.eye(classes)[labels]
    size = np.mean(np.sum((x - x.mean(0)) ** 2, 1))
    errors = []
    for p in PENALTIES:
        left = [y[i] - scores(x[i : i + 1], solve(np.delete(x, i, 0), np.delete(y, i, 0), p * size))[0] for i in range(n)]
        errors.append(np.sum(np.square(left)))
    best = int(np.argmin(errors))
    u, v = x - x.mean(0), y - y.mean(0)  # features and labels centred by all images
    left = []
    for i in range(n):
        a, b = np.delete(u, i, 0), np.delete(v, i, 0)
        left.append(y.mean(0) + u[i] @ np.linalg.solve(a.T @ a + PENALTIES[best] * size * np.eye(d), a.T @ b))
    out = scores(test.astype(float), solve(x, y, PENALTIES[best] * size))
    return dict(channels=d, classes=classes, labels=labels.tolist(), train=train.ravel().tolist(), test=test.ravel().tolist(),
                errors=errors, penalty=PENALTIES[best], scores=out.ravel().tolist(), left=np.ravel(left).tolist())


def hsic(k, l):
    """The unbiased estimator, Song et al., Feature selection via dependence maximization, eq. 5."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    return (np.trace(k @ l) + one @ k @ one * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))


def cka(x, y):
    k, l = x @ x.T, y @ y.T
    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


def alike(n, dx, dy, shared):
    x = floats(2 + rng.normal(size=(n, dx)))
    y = floats(1 + shared * x[:, :1] + (1 - shared) * rng.normal(size=(n, dy)))
    value = cka(x.astype(float), y.astype(float))
    left = np.array([cka(np.delete(x.astype(float), np.s_[g::10], 0), np.delete(y.astype(float), np.s_[g::10], 0)) for g in range(10)])
    half = 2.2622 * np.sqrt(9 / 10 * np.sum((left - left.mean()) ** 2))
    return dict(images=n, channels=[dx, dy], x=x.ravel().tolist(), y=y.ravel().tolist(), value=value, low=max(value - half, -1), high=min(value + half, 1))


def wilson(right, n):
    """Ends of the interval: the shares p at which (right/n - p)^2 = z^2 p (1-p) / n."""
    z, share = 1.959964, right / n
    low, high = sorted(np.roots([1 + z * z / n, -(2 * share + z * z / n), share * share]).real)
    return dict(right=right, n=n, low=low, high=high)


def drift(n):
    mean0, mean = floats(rng.normal(size=n)), floats(rng.normal(size=n))
    variance0, variance = floats(rng.gamma(1, size=n)), floats(rng.gamma(1, size=n))
    m0, m, v0, v = (a.astype(float) for a in (mean0, mean, variance0, variance))
    return dict(mean0=mean0.tolist(), mean=mean.tolist(), variance0=variance0.tolist(), variance=variance.tolist(),
                shift=np.mean(np.abs(m - m0) / np.sqrt(v0 + 1e-3)), logRatio=np.mean(np.abs(np.log((v + 1e-3) / (v0 + 1e-3)))),
                moved=np.linalg.norm(m - m0) / np.linalg.norm(m0))


figures = dict(
    ridge=[ridge(24, 5, 3), ridge(14, 40, 2)],
    alike=[alike(30, 6, 4, 0.6), alike(25, 60, 80, 0), alike(24, 20, 5, 0.9)],
    wilson=[wilson(0, 12), wilson(7, 9), wilson(50, 200), wilson(3, 3)],
    drift=drift(9),
)
with open(os.path.join(os.path.dirname(__file__), "figures.json"), "w") as f:
    json.dump(figures, f)
    f.write("\n")
