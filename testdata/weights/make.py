"""Makes the small weights files beside this script with the real libraries.

    pip install tensorflow-cpu h5py safetensors
    python make.py

The network is Keras's own InceptionResNetV2 at 1/32 of its widths with one
block35, one block17 and two block8, so that files stay small; its values are
those of the golden rule (../golden/README.md), seed 1, which any reader can
compute. README.md beside this script lists the files.
"""
import builtins, gzip, os, sys
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "golden"))
import keras_golden as golden
import h5py, keras, numpy as np
from keras.src.applications import inception_resnet_v2 as source
from keras.src.legacy.saving import legacy_h5_format as legacy
from safetensors.numpy import save_file

SEED, SIZE, CLASSES = 1, 75, 3
os.chdir(here)

# The same source builds a thin, short network: only widths and repeats change.
conv2d_bn, block = source.conv2d_bn, source.inception_resnet_block

def thin_conv2d_bn(x, filters, *args, use_bias=False, **kwargs):
    # An up-projection (with bias) has the width of its trunk already.
    return conv2d_bn(x, filters if use_bias else max(1, filters // 32), *args, use_bias=use_bias, **kwargs)

def short_block(x, scale, block_type, block_idx, **kwargs):
    return block(x, scale, block_type, min(block_idx, 2), **kwargs)

source.conv2d_bn = thin_conv2d_bn
source.inception_resnet_block = short_block
source.range = lambda first, last: builtins.range(first, first + 1)

def backbone(**kwargs):
    keras.backend.clear_session()
    kwargs.setdefault("include_top", False)
    return source.InceptionResNetV2(weights=None, input_shape=(SIZE, SIZE, 3), name="inception_resnet_v2", **kwargs)

def head(x):
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = keras.layers.Dense(4, activation="relu", name="head_dense")(x)
    return keras.layers.Dense(CLASSES, activation="softmax", name="predictions")(x)

def save_legacy(path, model):
    with h5py.File(path, "w") as f:
        legacy.save_weights_to_hdf5_group(f, model)

def flat():
    base = backbone()
    model = keras.Model(base.input, head(base.output))
    golden.set_weights(model, SEED)
    save_legacy("keras_notop.h5", base)
    model.save("keras_model.h5")
    model.save_weights("keras.weights.h5")
    model.save("keras.keras")
    return base, model

def old_notop(base):
    """As Keras 1 and 2 left it: fixed-length names, ":0", numbers that went on counting."""
    def old(name):
        stem, _, number = name.rpartition("_")
        if name in ("conv2d", "batch_normalization"):
            return name + "_203"
        return f"{stem}_{int(number) + 203}" if stem in ("conv2d", "batch_normalization") else name
    with h5py.File("old_notop.h5", "w") as f:
        f.attrs["layer_names"] = np.array([old(l.name).encode() for l in base.layers])
        f.attrs["backend"] = np.bytes_(b"tensorflow")
        f.attrs["keras_version"] = np.bytes_(b"2.0.9")
        for l in base.layers:
            g = f.create_group(old(l.name))
            names = [f"{old(l.name)}/{golden.var_kind(v)}:0".encode() for v in l.weights]
            g.attrs["weight_names"] = np.array(names) if names else []
            for name, v in zip(names, l.weights):
                g.create_dataset(name.decode(), data=np.asarray(v))

def with_top():
    model = backbone(include_top=True, classes=10)
    golden.set_weights(model, SEED)
    save_legacy("keras_top.h5", model)

def nested():
    base = backbone()
    inputs = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(inputs, head(base(inputs)))
    for part in (base, keras.Sequential(model.layers[2:])):
        golden.set_weights(part, SEED)
    for layer in base.layers[:40]:  # legacy files store what is frozen last
        layer.trainable = False
    model.save("nested.h5")
    model.save_weights("nested.weights.h5")

def timm(base, gamma, path, dtype=np.float32, classes=0):
    """timm's names and layouts (timm/models/inception_resnet_v2.py)."""
    value = {}
    for layer in base.layers:
        for v in layer.weights:
            value[layer.name, golden.var_kind(v)] = np.asarray(v)
    out, number = {}, [0]

    def conv_bn(name, conv=None, bn=None):
        n = number[0]
        if conv is None:
            number[0] += 1
            conv, bn = ("conv2d", "batch_normalization") if n == 0 else (f"conv2d_{n}", f"batch_normalization_{n}")
        g = gamma(value[bn, "beta"].shape[0])
        out[name + ".conv.weight"] = value[conv, "kernel"].transpose(3, 2, 0, 1)
        out[name + ".bn.weight"] = g
        out[name + ".bn.bias"] = value[bn, "beta"]
        out[name + ".bn.running_mean"] = value[bn, "moving_mean"]
        out[name + ".bn.running_var"] = value[bn, "moving_variance"]
        out[name + ".bn.num_batches_tracked"] = np.array(7, np.int64)

    def branch(name, convs, first=0):
        for i in range(first, first + convs):
            conv_bn(f"{name}.{i}" if convs + first > 1 else name)

    def residual(name, keras_name, *convs):
        for b, n in enumerate(convs):
            branch(f"{name}.branch{b}", n)
        out[name + ".conv2d.weight"] = value[keras_name + "_conv", "kernel"].transpose(3, 2, 0, 1)
        out[name + ".conv2d.bias"] = value[keras_name + "_conv", "bias"]

    for stem in ("1a", "2a", "2b", "3b", "4a"):
        conv_bn("conv2d_" + stem)
    for b, n in enumerate((1, 2, 3)):
        branch(f"mixed_5b.branch{b}", n)
    branch("mixed_5b.branch3", 1, first=1)
    residual("repeat.0", "block35_1", 1, 2, 3)
    for b, n in enumerate((1, 3)):
        branch(f"mixed_6a.branch{b}", n)
    residual("repeat_1.0", "block17_1", 1, 3)
    for b, n in enumerate((2, 2, 3)):
        branch(f"mixed_7a.branch{b}", n)
    residual("repeat_2.0", "block8_1", 1, 3)
    residual("block8", "block8_2", 1, 3)
    conv_bn("conv2d_7b", "conv_7b", "conv_7b_bn")
    width = value["conv_7b_bn", "beta"].shape[0]
    if classes:
        out["classif.weight"] = golden.uniform(SEED, "classif.weight", classes * width).reshape(classes, width)
        out["classif.bias"] = golden.uniform(SEED, "classif.bias", classes)
    out = {k: np.ascontiguousarray(v if v.dtype == np.int64 else v.astype(dtype)) for k, v in out.items()}
    save_file(out, path, metadata={"format": "pt"})

def other():
    keras.backend.clear_session()
    x = keras.Input((8, 8, 3))
    y = keras.layers.Conv2D(4, 7, name="conv1_conv")(x)
    y = keras.layers.BatchNormalization(name="conv1_bn")(y)
    y = keras.layers.Dense(2)(keras.layers.Flatten()(y))
    model = keras.Model(x, y)
    model.save("other.h5")
    model.save_weights("other.weights.h5")
    model.save("other.keras")
    save_file({"conv1.weight": np.zeros((4, 3, 7, 7), np.float32)}, "other.safetensors")

def features(path, groups, **kwargs):
    """What else h5py writes by default."""
    a = np.arange(60, dtype=np.float32).reshape(5, 12)
    with h5py.File(path, "w", **kwargs) as f:
        f.attrs["fixed"] = np.array([b"one", b"three"])
        f.attrs["variable"] = ["eins", "drei", "", "fünf"]
        f.attrs["scalar"] = "text"
        f.attrs["number"] = 7
        f.attrs["none"] = []
        for i in range(30):
            f.attrs[f"filler{i}"] = "the header goes on in a second block"
        f.create_dataset("plain", data=a)
        f.create_dataset("chunked", data=a, chunks=(2, 5))
        f.create_dataset("deflated", data=a, chunks=(2, 5), compression="gzip")
        f.create_dataset("all", data=a, chunks=(3, 12), compression="gzip", shuffle=True, fletcher32=True)
        f.create_dataset("many", data=np.arange(400, dtype=np.float32), chunks=(2,))
        f.create_dataset("half", data=a.astype(np.float16))
        f.create_dataset("double", data=a.astype(np.float64))
        f.create_dataset("ints", data=a.astype(np.int32))
        f.create_dataset("big", data=a.astype(">f4"))
        f.create_dataset("scalar", data=np.float32(2.5))
        f.create_dataset("empty", shape=(0, 3), dtype=np.float32)
        f.create_dataset("unwritten", shape=(4,), dtype=np.float32)
        for i in range(groups):
            f.create_group(f"tree/member_{i}")

def compress(*paths):
    for path in paths:
        with open(path, "rb") as f, open(path + ".gz", "wb") as z:
            z.write(gzip.compress(f.read(), mtime=0))
        os.remove(path)

if __name__ == "__main__":
    base, model = flat()
    ones = lambda n: np.ones(n, np.float32)
    timm(base, ones, "timm.safetensors", classes=1001)
    timm(base, ones, "timm_half.safetensors", np.float16)
    timm(base, lambda n: 0.5 + np.arange(n, dtype=np.float32) / 8, "timm_gamma.safetensors")
    old_notop(base)
    with_top()
    nested()
    other()
    features("features.h5", 300)
    features("userblock.h5", 3, userblock_size=512)
    features("latest.h5", 3, libver="latest")
    compress("old_notop.h5", "keras_top.h5", "nested.h5", "nested.weights.h5", "features.h5", "userblock.h5")
    for path in os.listdir("."):
        os.chmod(path, 0o644)
