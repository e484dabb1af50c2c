import keras
base = keras.applications.InceptionResNetV2(
    include_top=False, weights='imagenet', input_shape=(150, 150, 3))
head = keras.Sequential([
    keras.layers.GlobalAveragePooling2D(),
    keras.layers.Dense(16, activation='relu'),
    keras.layers.Dense(2, activation='softmax')])
inputs = keras.Input((150, 150, 3))  # images: pixels / 127.5 - 1; labels: one-hot

class Still(keras.layers.Layer):  # fit would override base(x, training=False)
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.still = True

    def call(self, x, training=None):
        return self.base(x, training=False if self.still else training)

backbone = Still(base)
model = keras.Model(inputs, head(backbone(inputs)))

def thaw_all():
    base.trainable = True
    for layer in base.layers:
        layer.trainable = True  # base.trainable alone may not reach them

class ByBlock(keras.optimizers.Adam):
    factors = {}  # of a layer's rate, by its index

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate * self.factors.get(layer_of.get(id(variable)), 1))

layer_of = {id(w): i for i, layer in enumerate(base.layers) for v in layer.weights for w in (v, v.value)}

# One optimizer for all phases keeps its state from phase to phase. It takes no variables
# later, so it is built over all of them, while all are trainable.
optimizer = ByBlock(0.001)
optimizer.build(model.trainable_variables)

# Phase 1: head only
thaw_all()
base.trainable = False
backbone.still = False
optimizer.factors = {}
optimizer.learning_rate = 0.001
model.compile(optimizer, 'categorical_crossentropy', metrics=['accuracy'])  # else trainable changes nothing
model.fit(images, labels, batch_size=8, initial_epoch=0, epochs=1)

# Phase 2: from block8_1, BN inference
thaw_all()
for layer in base.layers[:618]:
    layer.trainable = False
backbone.still = True
optimizer.factors = {
    **dict.fromkeys(range(618, 777), 0.5)}
optimizer.learning_rate = 0.0001
model.compile(optimizer, 'categorical_crossentropy', metrics=['accuracy'])  # else trainable changes nothing
model.fit(images, labels, batch_size=8, initial_epoch=1, epochs=2)

# Phase 3: thaw stem, conv_7b
thaw_all()
learning = [*range(1, 16), *range(777, 779)]
for i, layer in enumerate(base.layers):
    layer.trainable = i in learning
backbone.still = False
optimizer.factors = {}
optimizer.learning_rate = 0.00001
model.compile(optimizer, 'categorical_crossentropy', metrics=['accuracy'])  # else trainable changes nothing
model.fit(images, labels, batch_size=8, initial_epoch=2, epochs=3)
