import keras
base = keras.applications.InceptionResNetV2(
    include_top=False, weights='imagenet', input_shape=(96, 96, 3))

learning = [*[29], *range(600, 639), *range(650, 664)]
for i, layer in enumerate(base.layers):
    layer.trainable = i in learning

inputs = keras.Input((96, 96, 3))  # pixels / 127.5 - 1
x = base(inputs)
x = keras.layers.GlobalAveragePooling2D()(x)
x = keras.layers.Dense(16, activation='relu')(x)
outputs = keras.layers.Dense(2, activation='softmax')(x)
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.Adam(0.001), 'categorical_crossentropy', metrics=['accuracy'])
