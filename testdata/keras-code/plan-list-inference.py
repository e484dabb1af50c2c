import keras
base = keras.applications.InceptionResNetV2(
    include_top=False, weights='imagenet', input_shape=(96, 96, 3))

learning = [*range(1, 9), *range(275, 593)]
for i, layer in enumerate(base.layers):
    layer.trainable = i in learning

# training=False, in a layer's own call: given to base(inputs) alone it holds in Keras 2 only.
class Inference(keras.layers.Layer):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def call(self, x):
        return self.base(x, training=False)

inputs = keras.Input((96, 96, 3))  # pixels / 127.5 - 1
x = Inference(base)(inputs)
x = keras.layers.GlobalAveragePooling2D()(x)
x = keras.layers.Dense(16, activation='relu')(x)
outputs = keras.layers.Dense(2, activation='softmax')(x)
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.Adam(0.001), 'categorical_crossentropy', metrics=['accuracy'])
