# The probabilities that Thaw's page gives: python predict.py PICTURE...
# pip install timm safetensors pillow
import json, sys
import numpy as np, timm, torch
from PIL import Image, ImageOps
from safetensors import safe_open

# pixels

with safe_open("model.safetensors", "pt") as file:
    about, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}
feed = json.loads(about.get("thaw.preprocessing", '{"scale": [0.00784313725], "offset": [-1]}'))
labels = open("labels.txt", encoding="utf-8").read().split("\n")
model = timm.create_model("inception_resnet_v2", num_classes=len(labels))
if "classif.2.weight" in tensors:  # a head with a hidden layer
    hidden, features = tensors["classif.0.weight"].shape
    model.classif = torch.nn.Sequential(torch.nn.Linear(features, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, len(labels)))
model.load_state_dict(tensors)
model.eval()
for path in sys.argv[1:]:
    fed = pixels(path, int(about["thaw.size"])) * np.float32(feed["scale"]) + np.float32(feed["offset"])
    with torch.no_grad():
        probabilities = model(torch.from_numpy(fed).permute(0, 3, 1, 2)).softmax(-1)[0]
    print(json.dumps(dict(zip(labels, probabilities.tolist()))))
