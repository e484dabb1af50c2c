from keras.applications.inception_resnet_v2 import InceptionResNetV2, preprocess_input
from keras import models, layers, optimizers

net = InceptionResNetV2(weights=None, include_top=False, input_shape=(96, 96, 3))
x = layers.Flatten()(net.output)
x = layers.Dropout(0.4)(x)
x = layers.Dense(10, activation="softmax")(x)
model = models.Model(net.input, x)

# only the last 40 layers shall learn
for layer in model.layers[:-40]:
    layer.trainable = False
for layer in model.layers[-40:]:
    layer.trainable = True
model.compile(optimizer=optimizers.SGD(learning_rate=0.01, momentum=0.9), loss="categorical_crossentropy")
