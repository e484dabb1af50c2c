# given: base
base.trainable = False
trainable_blocks = {"block35_%d_" % i for i in range(8, 11)} | {"mixed_6a"}
for layer in base.layers:
    if any(layer.name.startswith(b) for b in trainable_blocks):
        layer.trainable = True
flags = {layer.name: layer.trainable for layer in base.layers}
i = 0
while base.layers[-1 - i].name != 'block8_10_conv':
    base.layers[-1 - i].trainable = True
    i += 1
