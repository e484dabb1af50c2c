from tensorflow.keras.applications.inception_resnet_v2 import InceptionResNetV2
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Model

irv2 = InceptionResNetV2(include_top=True, weights=None)
x = irv2.layers[-2].output
out = Dense(11, activation='softmax', name='classes')(x)
model = Model(inputs=irv2.inputs, outputs=out)
for layer in model.layers[:-2]:
    layer.trainable = False
