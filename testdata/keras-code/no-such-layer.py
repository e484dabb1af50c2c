# given: base
base.trainable = False
base.get_layer('mixed_8b').trainable = True
