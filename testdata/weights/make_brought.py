"""Makes the files that people bring, beside this script: networks in other models, of
other programs, and files that are no networks. README.md lists them.

    pip install tensorflow-cpu tf_keras h5py safetensors torch
    pip install --no-deps tensorflowjs
    python make_brought.py

The network is make.py's. Where only the layers around it matter its weights are 0.5, so
that the files stay small.
"""
import gzip, importlib.machinery, io, os, sys, types, zipfile
import make
import h5py, keras, numpy as np, tensorflow as tf
from keras import layers as K

SIZE = make.SIZE

def halves(model):
    for w in model.weights:
        w.assign(np.full(w.shape, 0.5, np.float32))

def around(name, front, back, legacy=True):
    """The network as a layer of a model."""
    base = make.backbone()
    inputs = keras.Input((SIZE, SIZE, 3))
    x = front(inputs)
    if x is not inputs:
        probe = keras.Model(inputs, x)
        for v in (0.0, 255.0):
            print(name, v, probe.predict(np.full((1, SIZE, SIZE, 3), v, np.float32), verbose=0)[0, 4, 4])
    model = keras.Model(inputs, back(base(x)))
    halves(base)
    model.save(name + ".keras")
    if legacy:
        model.save(name + ".h5")
    make.compress(name + ".keras", *([name + ".h5"] if legacy else []))

def three(y):
    return K.Dense(3, activation="softmax", kernel_initializer=keras.initializers.RandomUniform(seed=1))(K.GlobalAveragePooling2D()(y))

def adapted(x):
    norm = K.Normalization()
    norm.adapt(np.stack([np.full((2, 2, 3), [0.2, 0.3, 0.4]), np.full((2, 2, 3), [0.8, 0.7, 0.6])]).astype("float32"))
    return norm(K.Rescaling(1 / 255)(K.RandomFlip("horizontal")(x)))

def deep():
    """Two models deep, with its head in a third."""
    base = make.backbone()
    i = keras.Input((SIZE, SIZE, 3))
    extractor = keras.Model(i, K.GlobalAveragePooling2D()(base(i / 127.5 - 1)), name="feature_extractor")
    h = keras.Input((48,))
    head = keras.Model(h, K.Dense(3, activation="softmax", name="classes")(K.Dropout(0.3)(K.Dense(4, activation="relu")(h))), name="head")
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), extractor, head])
    halves(base)
    for w in head.weights:
        w.assign(np.arange(int(np.prod(w.shape)), dtype=np.float32).reshape(w.shape))
    model.save("deep.keras"), model.save("deep.h5"), model.save_weights("deep.weights.h5")
    make.compress("deep.keras", "deep.h5", "deep.weights.h5")

def scaled():
    """Batch norms with scale=True, gamma not 1."""
    plain = make.backbone()
    make.golden.set_weights(plain, make.SEED)
    was = keras.layers.BatchNormalization
    make.source.layers.BatchNormalization = lambda **k: was(**{**k, "scale": True})
    base = make.backbone()
    make.source.layers.BatchNormalization = was
    for l, p in zip(base.layers, plain.layers):
        values = p.get_weights()
        if isinstance(l, was):
            values = [0.5 + np.arange(len(values[0]), dtype=np.float32) / 8] + values
        l.set_weights(values)
    base.save("gamma.keras"), base.save("gamma.h5")
    make.compress("gamma.keras", "gamma.h5")

def bfloat():
    keras.backend.clear_session, clear = lambda: None, keras.backend.clear_session  # it forgets the policy
    keras.config.set_dtype_policy("bfloat16")
    base = make.backbone()
    make.golden.set_weights(base, make.SEED)
    base.save_weights("bfloat16.weights.h5"), base.save("bfloat16.h5")
    keras.config.set_dtype_policy("float32")
    keras.backend.clear_session = clear
    make.compress("bfloat16.weights.h5", "bfloat16.h5")

def keras2():
    import tf_keras as k2
    from tf_keras.src.applications import inception_resnet_v2 as source
    import builtins
    conv2d_bn, block = source.conv2d_bn, source.inception_resnet_block
    source.conv2d_bn = lambda x, filters, *a, use_bias=False, **k: conv2d_bn(x, filters if use_bias else max(1, filters // 32), *a, use_bias=use_bias, **k)
    source.inception_resnet_block = lambda x, scale, block_type, block_idx, **k: block(x, scale, block_type, min(block_idx, 2), **k)
    source.range = lambda first, last: builtins.range(first, first + 1)
    base = source.InceptionResNetV2(weights=None, include_top=False, input_shape=(SIZE, SIZE, 3))
    i = k2.Input((SIZE, SIZE, 3))
    x = k2.layers.RandomFlip()(i)
    x = (x - [1.0, 2.0, 3.0]) / 2.0
    y = k2.layers.GlobalAveragePooling2D()(base(x, training=False))
    model = k2.Model(i, k2.layers.Dense(3, activation="softmax")(k2.layers.Dropout(0.2)(k2.layers.Dense(4, activation="relu")(y))))
    for w in base.weights:
        w.assign(np.full(w.shape, 0.5, np.float32))
    model.save("keras2.h5"), model.save("keras2.keras")
    for part in (base, k2.Sequential(model.layers[-3:])):
        make.golden.set_weights(part, make.SEED)
    model.save("old_top.h5")
    make.compress("keras2.h5", "keras2.keras", "old_top.h5")

def torches():
    import torch
    from safetensors.torch import load_file
    weights = {k.replace("classif", "last_linear"): v for k, v in load_file("timm_half.safetensors").items()}
    weights["last_linear.weight"], weights["last_linear.bias"] = torch.arange(3 * 48.0).reshape(3, 48).half(), torch.arange(3.0).half()
    torch.save({"epoch": 7, "state_dict": {"module." + k: v for k, v in weights.items()}, "class_to_idx": {"wasp": 2, "ant": 0, "bee": 1}}, "cadene.pth")
    make.compress("cadene.pth")
    os.makedirs("torch", exist_ok=True)
    one = torch.arange(24.0)
    torch.save({"turned": one[:6].reshape(2, 3).t(), "part": one[3:7], "whole": one, "parameter": torch.nn.Parameter(torch.ones(2, dtype=torch.float64)),
                "half": torch.tensor([1.5, -2]).half(), "brain": torch.tensor([1.5, -2]).bfloat16(), "count": torch.tensor(7), "spread": torch.ones(1).expand(3)}, "torch/small.pth")
    model = torch.nn.Sequential(torch.nn.Linear(2, 1))
    torch.save(model, "torch/program.pth")
    torch.save(model.state_dict(), "torch/old.pth", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(model), "torch/script.pt")

def browser_models():
    """TensorFlow.js's own converter, without the packages that it needs for other models."""
    import tempfile
    [root] = importlib.machinery.PathFinder.find_spec("tensorflowjs").submodule_search_locations
    for name, place in (("tensorflowjs", root), ("tensorflowjs.converters", os.path.join(root, "converters"))):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [place]
    from tensorflowjs import quantization
    from tensorflowjs.converters import keras_h5_conversion as convert
    for name, kind in (("tfjs", None), ("tfjs_uint8", quantization.QUANTIZATION_DTYPE_UINT8), ("tfjs_uint16", quantization.QUANTIZATION_DTYPE_UINT16), ("tfjs_float16", quantization.QUANTIZATION_DTYPE_FLOAT16)):
        # The deep model says most; the other layouts need values worth quantising.
        with gzip.open("keras2.h5.gz" if kind is None else "old_top.h5.gz") as z, tempfile.TemporaryDirectory() as folder:
            with h5py.File(io.BytesIO(z.read())) as f:
                topology, groups = convert.h5_merged_saved_model_to_tfjs_format(f)
            convert.write_artifacts(topology, groups, folder, {kind: True} if kind else None, weight_shard_size_bytes=40 << 10)
            with zipfile.ZipFile(name + ".zip", "w", zipfile.ZIP_DEFLATED) as z:
                for member in sorted(os.listdir(folder)):
                    z.write(os.path.join(folder, member), member)

if __name__ == "__main__":
    os.chdir(make.here)
    wanted = sys.argv[1:] or ["around", "deep", "scaled", "bfloat", "keras2", "torches", "browser_models"]
    if "around" in wanted:
        around("pixels", adapted, three)
        around("front", lambda x: K.Conv2D(3, 3, padding="same")(x), lambda y: K.Dense(3, activation="softmax")(K.Dense(4, activation="tanh")(K.GlobalMaxPooling2D()(y))))
        around("lambda", lambda x: K.Rescaling(1 / 255)(x) ** 2, three, legacy=False)
    for name in ("deep", "scaled", "bfloat", "keras2", "torches", "browser_models"):
        if name in wanted:
            globals()[name]()
