import keras

backbone = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3), pooling='avg')
cut = 600
for i, layer in enumerate(backbone.layers):
    layer.trainable = i >= cut
    print(i, layer.name) if i % 200 == 0 else None

out = keras.layers.Dense(7, activation='softmax', name='my_output')(backbone.output)
clf = keras.Model(backbone.input, out)
clf.compile(loss='sparse_categorical_crossentropy', optimizer='adam')
