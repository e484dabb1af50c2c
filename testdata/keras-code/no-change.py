# given: base_model
for layer in base_model.layers:
    if 'conv' in layer.name:
        layer.trainable = True
