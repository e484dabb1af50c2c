import keras

base = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3), pooling='avg')
model = keras.Sequential([base, keras.layers.Dense(3, activation='softmax')])
model.trainable = False
for layer in model.layers[-1:]:
    layer.trainable = True
model.compile('adam', 'categorical_crossentropy')
