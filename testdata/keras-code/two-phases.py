import keras
from keras import layers

base = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3))
base.trainable = False
x = layers.GlobalAveragePooling2D()(base.output)
x = layers.Dense(128, activation='relu')(x)
model = keras.Model(base.input, layers.Dense(3, activation='softmax')(x))

model.compile(keras.optimizers.Adam(1e-3), 'categorical_crossentropy', metrics=['acc'])
model.fit(train_ds, epochs=5, validation_data=val_ds)

for layer in base.layers:
    if layer.name.startswith(('block8', 'conv_7b')):
        layer.trainable = True
model.compile(keras.optimizers.Adam(1e-5), 'categorical_crossentropy', metrics=['acc'])
history = model.fit(train_ds, epochs=10, validation_data=val_ds)
