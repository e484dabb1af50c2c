# The probabilities that Thaw's page gives: python predict.py PICTURE...
# pip install keras tensorflow safetensors pillow
import json, sys
import keras, numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import load_file

# pixels

model = keras.models.model_from_json(open("network.json", encoding="utf-8").read())
tensors = load_file("model.safetensors")
for layer in model.layers:
    layer.set_weights([tensors[f"{layer.name}/{weight.name}"] for weight in layer.weights])
labels = open("labels.txt", encoding="utf-8").read().split("\n")
for path in sys.argv[1:]:
    probabilities = model.predict(pixels(path, model.input_shape[1]), verbose=0)[0]
    print(json.dumps(dict(zip(labels, map(float, probabilities)))))
