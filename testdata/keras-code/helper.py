import keras


def freeze_until(model, name, inclusive=True):
    """Freezes all layers up to the one called name."""
    for layer in model.layers:
        if layer.name == name and not inclusive:
            break
        layer.trainable = False
        if layer.name == name:
            break


def build(classes, cut='mixed_6a', units=(256, 64)):
    base = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(96, 96, 3))
    freeze_until(base, cut)
    x = keras.layers.GlobalAveragePooling2D()(base.output)
    for n in units:
        x = keras.layers.Dense(n, activation='relu')(x)
    return keras.Model(base.input, keras.layers.Dense(classes, activation='softmax')(x)), base


if __name__ == '__main__':
    model, base = build(classes=6)
    model.compile('adam', 'categorical_crossentropy')
