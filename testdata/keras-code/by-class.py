# given: base
norms = [l for l in base.layers if l.__class__.__name__ == 'BatchNormalization']
first, rest = norms[0], norms[1:]
for l in base.layers:
    l.trainable = type(l).__name__ not in ('Conv2D', 'BatchNormalization') or l.name.startswith('block35')
for l in rest[-20:]:
    l.trainable = True
