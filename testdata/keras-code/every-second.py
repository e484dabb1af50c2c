# given: base
for layer in base.layers[::-1][:120]:
    layer.trainable = False
for layer in base.layers[10:-300:2]:
    layer.trainable = False
for layer in reversed(base.layers[700:]):
    layer.trainable = True
