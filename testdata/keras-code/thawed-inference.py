import keras

base = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3))
inp = keras.Input((96, 96, 3))
feat = keras.layers.GlobalAveragePooling2D()(base(inp, training=False))
model = keras.Model(inp, keras.layers.Dense(2, activation='softmax')(feat))
base.trainable = True
model.compile(keras.optimizers.Adam(1e-5), 'categorical_crossentropy')
