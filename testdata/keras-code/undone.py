from keras.applications import InceptionResNetV2

base = InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3))
for layer in base.layers[:700]:
    layer.trainable = False
base.trainable = True
