"""Grad-CAM by Keras itself: cam.json, which irv2/lens is held to.

    python -m venv venv && venv/bin/pip install tensorflow-cpu && venv/bin/python testdata/lens/cam.py

Keras's own InceptionResNetV2 in float64, with the weights and the image of the golden
files; gradients of a class's logit by tf.GradientTape, maps enlarged by tf.image.resize,
correlations by numpy.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import keras
import keras_golden as golden
import numpy as np
import tensorflow as tf

SIZE, CLASSES, DENSE, SEED, CELLS = 107, 5, 8, 1, 10
BLOCKS = ["mixed_5b", "block35_10_ac", "mixed_6a", "block17_1_ac", "block17_20_ac", "mixed_7a", "block8_9_ac", "conv_7b_ac"]

keras.config.set_floatx("float64")
base, model = golden.build(SIZE, CLASSES, DENSE)
golden.set_weights(model, SEED)
head = model.get_layer("predictions")
last = model.get_layer("head_dense").output
outputs = [base.get_layer(golden.layer_of(base, name)).output for name in BLOCKS]
seen = keras.Model(model.input, [*outputs, last])
image = golden.images(SEED, 1, SIZE).astype(np.float64)

edges = [(cell * SIZE + CELLS // 2) // CELLS for cell in range(CELLS + 1)]
losses = np.random.default_rng(3).normal(size=(CELLS, CELLS))


def cells(large):
    return np.array([[large[edges[i]:edges[i + 1], edges[j]:edges[j + 1]].mean() for j in range(CELLS)] for i in range(CELLS)])


figures = {"size": SIZE, "classes": CLASSES, "dense": DENSE, "seed": SEED, "losses": losses.ravel().tolist(), "cams": []}
for label in (0, 3):
    with tf.GradientTape() as tape:
        *features, x = seen(image, training=False)
        tape.watch(features)
        logits = tf.matmul(x, head.kernel) + head.bias
        logit = logits[0, label]
    gradients = tape.gradient(logit, features)
    probabilities = tf.nn.softmax(logits)[0].numpy().tolist()
    for name, feature, gradient in zip(BLOCKS, features, gradients):
        weights = tf.reduce_mean(gradient, axis=(1, 2))[0]
        cam = tf.nn.relu(tf.reduce_sum(feature[0] * weights, axis=-1))
        large = tf.image.resize(cam[None, ..., None], (SIZE, SIZE), "bilinear").numpy()[0, ..., 0]
        at = np.linspace(0, SIZE * SIZE - 1, 40).astype(int)
        figures["cams"].append({
            "class": label, "block": name.removesuffix("_ac"), "h": int(cam.shape[0]), "w": int(cam.shape[1]), "probabilities": probabilities,
            "values": cam.numpy().ravel().tolist(), "at": at.tolist(), "large": large.ravel()[at].astype(float).tolist(),
            "agrees": float(np.corrcoef(cells(large).ravel(), losses.ravel())[0, 1]) if large.std() > 0 else None})

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cam.json"), "w") as f:
    json.dump(figures, f, separators=(",", ":"))
