"""Loads THAW.h5 and THAW.safetensors, written by Thaw for the network of make.py
with golden values, with the real libraries and compares every value.

    python check.py THAW.h5 THAW.safetensors
"""
import sys
import keras, numpy as np
import make
from make import golden
from safetensors.numpy import load_file

base = make.backbone()
model = keras.Model(base.input, make.head(base.output))
model.load_weights(sys.argv[1])
tensors = load_file(sys.argv[2])
count = 0
for layer in model.layers:
    for v in layer.weights:
        kind = golden.var_kind(v)
        want = golden.fill(make.SEED, layer.name, kind, tuple(v.shape))
        for got in (np.asarray(v), tensors[f"{layer.name}/{kind}"]):
            if got.shape != want.shape or not (got == want).all():
                sys.exit(f"{layer.name}/{kind} differs")
        count += 1
if count != len(tensors):
    sys.exit(f"Keras has {count} tensors, the safetensors file {len(tensors)}")
print(f"{count} tensors are equal")
