import tensorflow as tf
from tensorflow.keras.layers import BatchNormalization

conv_base = tf.keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3))
conv_base.trainable = True
for l in conv_base.layers:
    if isinstance(l, BatchNormalization):
        l.trainable = False
