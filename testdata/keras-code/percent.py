# given: base_model
base_model.trainable = True
n_layers = len(base_model.layers)
n_frozen = int(n_layers * 0.8)
for layer in base_model.layers[:n_frozen]:
    layer.trainable = False
print("frozen: {} of {}".format(n_frozen, n_layers))
