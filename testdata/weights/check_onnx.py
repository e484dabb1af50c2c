"""Runs THAW.onnx, written by Thaw for the network of make.py with golden values,
with ONNX Runtime and compares its probabilities with Keras's.

    pip install tensorflow-cpu h5py safetensors onnxruntime
    python check_onnx.py THAW.onnx
"""
import sys
import keras, numpy as np, onnxruntime
import make
from make import golden

base = make.backbone()
model = keras.Model(base.input, make.head(base.output))
golden.set_weights(model, make.SEED)
images = golden.images(make.SEED, 4, make.SIZE)
want = model.predict(images, verbose=0)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
got, = session.run(["probabilities"], {"images": images})
error = np.abs(got - want).max()
print(f"largest difference {error:.2g} over {want.shape}")
if got.shape != want.shape or not error < 1e-5:  # float32 in another order of sums
    sys.exit("too large")
