import keras

base = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3), pooling='avg')
base.trainable = False
model = keras.Sequential([base, keras.layers.Dense(3, activation='softmax')])
model.compile('adam', 'categorical_crossentropy')
model.fit(train_ds, epochs=5)

# now fine-tune everything
base.trainable = True
model.fit(train_ds, epochs=5)
