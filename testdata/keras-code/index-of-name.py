# given: base
names = [layer.name for layer in base.layers]
start = names.index('mixed_7a')
print(f"{start} of {len(names)}")
for layer in base.layers[:start + 1]:
    layer.trainable = False
for k in range(start + 1, len(base.layers)):
    base.layers[k].trainable = True
base.get_layer('conv_7b').trainable = False
