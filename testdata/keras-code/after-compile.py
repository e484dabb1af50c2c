import keras

base = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3), pooling='avg')
model = keras.Sequential([base, keras.layers.Dense(2, activation='softmax')])
model.compile(optimizer='adam', loss='categorical_crossentropy')

base.trainable = False      # after compile
model.fit(x_train, y_train, epochs=3, batch_size=16)
