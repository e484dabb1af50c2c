"""Figures of a test by scikit-learn and statsmodels, for irv2/score.

    pip install scikit-learn==1.9.1 statsmodels==0.15.0
    python sklearn_figures.py > figures.json

DeLong's interval is in neither: it is computed from its definition here, by all pairs.
"""
import json
import warnings

import numpy as np
from sklearn.metrics import (accuracy_score, balanced_accuracy_score, confusion_matrix,
                             precision_score, recall_score, roc_auc_score, roc_curve)
from statsmodels.stats.proportion import proportion_confint

warnings.simplefilter("ignore")  # what would divide by nothing is NaN, which is asked for


def number(x):
    return None if x is None or not np.isfinite(x) else float(x)


def wilson(right, of):
    return None if of == 0 else [float(x) for x in proportion_confint(right, of, method="wilson")]


def delong(labels, scores):
    pos, neg = scores[labels == 1], scores[labels == 0]
    order = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    area = order.mean()
    if len(pos) < 2 or len(neg) < 2:
        return None
    variance = order.mean(axis=1).var(ddof=1) / len(pos) + order.mean(axis=0).var(ddof=1) / len(neg)
    half = 1.959963984540054 * np.sqrt(variance)
    return None if variance == 0 else [max(area - half, 0.0), min(area + half, 1.0)]


def curve(labels, scores):
    fpr, tpr, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    pos, neg = int(labels.sum()), int((1 - labels).sum())
    return {
        "area": number(roc_auc_score(labels, scores)), "interval": delong(labels, scores),
        "thresholds": [None if np.isinf(t) else float(t) for t in thresholds],
        "truePositives": [round(x) for x in tpr * pos], "falsePositives": [round(x) for x in fpr * neg],
    }


def case(name, labels, probabilities):
    probabilities = np.asarray(probabilities, np.float32)
    labels, said = np.asarray(labels), probabilities.argmax(axis=1)
    classes = list(range(probabilities.shape[1]))
    matrix = confusion_matrix(labels, said, labels=classes)
    right = int((labels == said).sum())
    out = {
        "name": name, "labels": labels.tolist(), "probabilities": probabilities.astype(float).tolist(),
        "accuracy": accuracy_score(labels, said), "interval": wilson(right, len(labels)),
        "balancedAccuracy": float(balanced_accuracy_score(labels, said)),
        "recall": [number(x) for x in recall_score(labels, said, labels=classes, average=None, zero_division=np.nan)],
        "precision": [number(x) for x in precision_score(labels, said, labels=classes, average=None, zero_division=np.nan)],
        "recallInterval": [wilson(int(matrix[i, i]), int(matrix[i].sum())) for i in classes],
        "precisionInterval": [wilson(int(matrix[i, i]), int(matrix[:, i].sum())) for i in classes],
        "confusion": matrix.tolist(), "curves": [],
    }
    if len(classes) == 2 and len(set(labels.tolist())) == 2:
        out["curves"] = [curve((labels == i).astype(int), probabilities[:, i].astype(float)) for i in classes]
    return out


def drawn(seed, counts, skill, digits=None):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    logits = rng.normal(size=(len(labels), len(counts)))
    logits[np.arange(len(labels)), labels] += skill
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    if digits is not None:  # ties
        p = np.round(p, digits)
        p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    return labels, p


print(json.dumps([
    case("two even classes", *drawn(1, [30, 30], 1.5)),
    case("two uneven classes with ties", *drawn(2, [50, 7], 0.8, digits=1)),
    case("worse than guessing", *drawn(3, [12, 20], -1.0)),
    case("all right", *drawn(4, [9, 5], 20)),
    case("one picture of a class", *drawn(5, [1, 6], 0.5)),
    case("one class only", *drawn(6, [0, 8], 1.0)),
    case("three classes, one without pictures", *drawn(7, [10, 0, 25], 1.0)),
    case("a class never predicted", [0, 1, 2, 2], [[.8, .1, .1], [.7, .2, .1], [.1, .2, .7], [.6, .1, .3]]),
    case("one picture", [1], [[.3, .7]]),
]))
