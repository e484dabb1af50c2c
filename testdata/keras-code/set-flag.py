# given: base
base.trainable = True
set_trainable = False
for layer in base.layers:
    if layer.name == 'block8_9_mixed':
        set_trainable = True
    if set_trainable:
        layer.trainable = True
    else:
        layer.trainable = False
