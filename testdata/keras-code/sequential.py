from tensorflow import keras
from tensorflow.keras import layers

model = keras.Sequential()
model.add(keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3), pooling='avg'))
model.add(layers.Dense(64, activation='relu'))
model.add(layers.Dropout(0.3))
model.add(layers.Dense(2, activation='softmax'))
model.layers[0].trainable = False
model.compile('rmsprop', 'categorical_crossentropy')
