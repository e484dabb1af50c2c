from tensorflow.keras.applications import InceptionResNetV2
from tensorflow.keras.layers import Dense, GlobalAveragePooling2D
from tensorflow.keras.models import Model
from tensorflow.keras.optimizers import Adam

NUM_CLASSES = 4
IMG = (96, 96)

base_model = InceptionResNetV2(weights=None, include_top=False, input_shape=IMG + (3,))
for layer in base_model.layers:
    if 'conv' in layer.name:
        layer.trainable = False

features = GlobalAveragePooling2D()(base_model.output)
hidden = Dense(256, activation='relu')(features)
scores = Dense(NUM_CLASSES, activation='softmax')(hidden)
model = Model(inputs=base_model.input, outputs=scores)
model.compile(optimizer=Adam(learning_rate=1e-4), loss='categorical_crossentropy', metrics=['accuracy'])
