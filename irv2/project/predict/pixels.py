def pixels(path, size):
    """As Thaw makes them: upright RGB, stretched by a triangle filter, rounded to 8 bits."""
    rgb = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"), "float32")
    channels = [Image.fromarray(rgb[:, :, c]).resize((size, size), Image.Resampling.BILINEAR) for c in range(3)]
    return np.floor(np.stack([np.asarray(c) for c in channels], -1) + 0.5)[None]
