# given: base_model
N = 100
for layer in base_model.layers[:N]:
    if 'conv' in layer.name:
        layer.trainable = False
