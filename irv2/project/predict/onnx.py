# The probabilities that Thaw's page gives: python predict.py PICTURE...
# pip install onnxruntime numpy pillow
import json, sys
import numpy as np, onnxruntime
from PIL import Image, ImageOps

# pixels

session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
size = session.get_inputs()[0].shape[1]
labels = open("labels.txt", encoding="utf-8").read().split("\n")
for path in sys.argv[1:]:
    probabilities = session.run(["probabilities"], {"pixels": pixels(path, size)})[0][0]
    print(json.dumps(dict(zip(labels, map(float, probabilities)))))
