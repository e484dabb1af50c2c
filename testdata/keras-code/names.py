# given: base_model
thaw = ['conv_7b', 'conv_7b_bn', 'block8_10_conv']
for layer in base_model.layers:
    name = layer.name
    if name in thaw or name.startswith("block17_2"):
        layer.trainable = True
    elif not name.endswith('_ac'):
        layer.trainable = False
