"""What the snippets of this folder do in Keras 3 and in Keras 2 (tf_keras): NAME.json beside NAME.py.

    python -m venv keras && keras/bin/pip install tensorflow-cpu tf_keras
    keras/bin/python testdata/keras-code/flags.py [NAME ...]

Each snippet runs as it is, but for fit, which notes what would train: what learns is asked of
model.trainable_weights, what moves its statistics is seen in a step in training mode. Which
flags a fit goes by, those at compile (Keras 2) or those when it first begins (Keras 3), is
found out first, by training a small network.

A JSON file holds, by library, the phases (each fit; without any, the end), each with the layers
of InceptionResNetV2 that learn and the batch norms that move, as ranges of indices, and how many
values of them learn. "given" in a snippet names a network that it takes for granted; one that is
put into no model is taken for the beginning of one.
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

here = Path(__file__).parent


def main():
    if os.environ.get("LIBRARY"):
        return work(os.environ["LIBRARY"], sys.argv[1:])
    names = sys.argv[1:] or sorted(path.stem for path in here.glob("*.py") if path.stem != "flags")
    for library in ("keras", "tf_keras"):
        legacy = {"TF_USE_LEGACY_KERAS": "1"} if library == "tf_keras" else {}
        subprocess.run([sys.executable, __file__, *names], env=os.environ | legacy | {"LIBRARY": library, "TF_CPP_MIN_LOG_LEVEL": "3"}, check=True)


def work(library, names):
    if library == "tf_keras":
        import tf_keras as keras
        import tf_keras.applications.inception_resnet_v2
        for name in [name for name in sys.modules if name.split(".")[0] == "tf_keras"]:
            sys.modules[name.replace("tf_keras", "keras", 1)] = sys.modules[name]
    else:
        import keras
    check_rule(keras, library)
    share_networks(keras)
    for name in names:
        answer = Session(keras, library).run((here / f"{name}.py").read_text())
        path = here / f"{name}.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        kept = {other: value for other, value in kept.items() if other.split()[0] != library}
        path.write_text(json.dumps(dict(sorted({**kept, f"{library} {keras.__version__}": answer}.items())), indent=1) + "\n")
        print(library, name, [(p["learns"][:40], p["trained"]) for p in answer.get("phases", [])] or answer, flush=True)


def share_networks(keras):
    """Building InceptionResNetV2 takes a minute: snippets that want the same get the same, thawed."""
    build, built = keras.applications.InceptionResNetV2, {}
    random = np.random.default_rng(1)

    def quick(self, shape, dtype=None, **more):
        limit = (3 / np.prod(shape[:-1])) ** 0.5
        return random.uniform(-limit, limit, shape).astype("float32")
    keras.initializers.GlorotUniform.__call__ = quick  # Keras's own takes as long as all else

    def shared(*args, **named):
        named["weights"] = None
        if shared.fresh:
            return build(*args, **named)
        key = str((args, sorted(named.items())))
        if key not in built:
            built[key] = build(*args, **named)
        for layer in [built[key], *built[key].layers]:
            layer.trainable = True  # one by one: see undone.py
        return built[key]

    import tensorflow
    import tensorflow.keras.applications.inception_resnet_v2 as in_tensorflow
    assert tensorflow.keras.applications.InceptionResNetV2 is in_tensorflow.InceptionResNetV2 is build
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get("InceptionResNetV2") is build:
            module.InceptionResNetV2 = shared
    keras.applications.InceptionResNetV2 = shared


class Session:
    def __init__(self, keras, library):
        self.keras, self.library = keras, library
        self.phases, self.models, self.traced = [], [], {}

    def run(self, code):
        keras, session = self.keras, self
        keras.backend.clear_session()
        keras.applications.InceptionResNetV2.fresh = "clear_session" in code  # automatic names count
        compile, fit = keras.Model.compile, keras.Model.fit

        def noted(model, *args, **named):
            compile(model, *args, **named)
            session.models.append(model)
            session.traced[id(model)] = session.state(model) if session.library == "tf_keras" else None

        def phase(model, *args, **named):
            if session.traced.get(id(model)) is None:
                session.traced[id(model)] = session.state(model)
            session.phases.append(session.traced[id(model)])

        keras.Model.compile, keras.Model.fit = noted, phase
        try:
            names = {"__name__": "__main__", "x_train": None, "y_train": None, "train_ds": None, "val_ds": None}
            for given in re.findall(r"^# given: (\w+)", code, re.M):
                names[given] = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3))
            try:
                exec(compile_code(code), names)
            except Exception as error:
                return {"error": type(error).__name__}
            if not self.phases:
                models = self.models or [v for v in names.values() if isinstance(v, keras.Model)]
                self.phases.append(self.traced.get(id(models[-1])) or self.state(self.used(models[-1])))
        finally:
            keras.Model.compile, keras.Model.fit = compile, fit
        return {"phases": self.phases}

    def used(self, model):
        """The network alone as the beginning of a model, which is what it is made for."""
        if self.models or model.name != "inception_resnet_v2":
            return model
        return self.keras.Model(model.input, self.keras.layers.GlobalAveragePooling2D()(model.output))

    def state(self, model):
        base = network(model)
        learning = {id(w) for w in model.trainable_weights}
        learns, trained = [], 0
        for i, layer in enumerate(base):
            mine = [w for w in layer.weights if id(w) in learning]
            trained += sum(int(np.prod(w.shape)) for w in mine)
            if mine:
                learns.append(i)
        norms = {i: layer for i, layer in enumerate(base) if type(layer).__name__ == "BatchNormalization"}
        before = {i: np.array(layer.moving_mean) for i, layer in norms.items()}
        side = model.input_shape[1] or 96
        model(np.random.default_rng(1).uniform(-1, 1, (2, side, side, 3)).astype("float32"), training=True)
        live = [i for i, layer in norms.items() if not np.array_equal(before[i], np.array(layer.moving_mean))]
        return {"learns": ranges(learns), "live": ranges(live), "trained": trained}


def compile_code(code):
    return compile(code, "snippet", "exec")


def network(model):
    """The 780 layers of InceptionResNetV2 in a model, wherever it lies."""
    if any(layer.name == "conv_7b_ac" for layer in model.layers):
        return list(model.layers)[:780]
    for layer in model.layers:
        inner = getattr(layer, "base", layer)  # of a layer that runs it in its own call
        if hasattr(inner, "layers") and network(inner):
            return network(inner)
    return []


def ranges(indices):
    """[1, 2, 3, 7] -> "1-3,7"."""
    parts = []
    for i in indices:
        if parts and parts[-1][1] == i - 1:
            parts[-1][1] = i
        else:
            parts.append([i, i])
    return ",".join(f"{a}-{b}" if a != b else str(a) for a, b in parts)


def check_rule(keras, library):
    """Flags count as they stand at compile (Keras 2), or at the first fit after it (Keras 3)."""
    images, labels = np.random.default_rng(1).normal(size=(8, 6)).astype("float32"), np.eye(2)[np.arange(8) % 2]

    def moves(*steps):
        first, last = keras.layers.Dense(4), keras.layers.Dense(2)
        model = keras.Sequential([keras.Input((6,)), first, last])
        for step in steps:
            if step == "compile":
                model.compile("sgd", "mse")
            elif step == "fit":
                before = np.array(first.kernel)
                model.fit(images, labels, batch_size=8, verbose=0)
            else:
                first.trainable = step
        return not np.array_equal(before, np.array(first.kernel))

    assert moves("compile", False, "fit") == (library == "tf_keras")
    assert moves("compile", "fit", False, "fit")
    assert not moves("compile", "fit", False, "compile", "fit")
    assert not moves(False, "compile", "fit", True, "fit")


if __name__ == "__main__":
    main()
