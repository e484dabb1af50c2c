# given: base
for layer in base.layers[:len(base.layers) / 2]:
    layer.trainable = False
