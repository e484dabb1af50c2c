# given: base
count = 0
for layer in base.layers:
    if len(layer.weights) > 0 and hasattr(layer, 'kernel'):
        count += 1
        layer.trainable = count > 200
    elif layer.count_params() == 0:
        continue
    else:
        layer.trainable = False
