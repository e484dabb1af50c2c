# The probabilities that Thaw's page gives: python predict.py PICTURE...
# pip install keras tensorflow pillow
import json, sys
import keras, numpy as np
from PIL import Image, ImageOps

# pixels

model = keras.models.load_model("model.keras", compile=False)
labels = open("labels.txt", encoding="utf-8").read().split("\n")
for path in sys.argv[1:]:
    probabilities = model.predict(pixels(path, model.input_shape[1]), verbose=0)[0]
    print(json.dumps(dict(zip(labels, map(float, probabilities)))))
