"""Writes, from formats/boat.png, the formats that Go cannot encode, and the
reference figures that irv2/images is tested against.

    pip install tensorflow-cpu==2.21.0 keras==3.15.1 pillow==13.0.0 numpy tifffile imagecodecs
    python testdata/images/variants.py

decoded.json  what Pillow (load_img) makes of every file in formats/
resize.json   tf.image.resize and Keras's crop and pad, of three pictures
affine.json   Keras's augmentation layers with fixed draws
"""

import io
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import numpy as np
import tensorflow as tf
import tifffile
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
FORMATS = os.path.join(HERE, "formats")


def variants():
    m = Image.open(os.path.join(FORMATS, "boat.png")).convert("RGB")
    alpha = Image.open(os.path.join(FORMATS, "alpha.png"))

    def save(name, image, **options):
        image.save(os.path.join(FORMATS, name), **options)

    save("lossy.webp", m, quality=85)
    save("lossless.webp", m, lossless=True)
    save("alpha-lossy.webp", alpha, quality=85)
    save("alpha-lossless.webp", alpha, lossless=True, exact=True)
    save("progressive.jpg", m, quality=92, progressive=True)
    save("rgb-444.jpg", m, quality=95, subsampling=0)
    save("cmyk.jpg", m.convert("CMYK"), quality=95)
    save("palette.png", m.quantize(32))
    save("lzw.tif", m, compression="tiff_lzw")
    save("gray.gif", m.convert("L"))
    save("jpeg.tif", m.resize((48, 32)), compression="jpeg")
    save("jpeg-gray.tif", m.resize((48, 32)).convert("L"), compression="jpeg")
    tifffile.imwrite(os.path.join(FORMATS, "jpeg-tiles.tif"), np.asarray(m.resize((48, 32))), photometric="rgb", compression="jpeg", tile=(32, 32), metadata=None)

    frames = [m.resize((48, 32)), m.resize((48, 32)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    save("animated.webp", frames[0], save_all=True, append_images=frames[1:], duration=200, lossless=True)
    save("animated-lossy.webp", frames[0], save_all=True, append_images=frames[1:], duration=200, quality=85)
    save("animated.gif", frames[0].quantize(64), save_all=True, append_images=[f.quantize(64) for f in frames[1:]], duration=200)
    clear = frames[0].quantize(63)
    clear.paste(5, (0, 0, 20, 10))
    save("clear.gif", clear, transparency=5)

    # The same upright picture, stored under each EXIF orientation.
    small = m.resize((48, 32))
    undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    for orientation in range(1, 9):
        stored = small.transpose(Image.Transpose[undo[orientation]]) if orientation > 1 else small
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(f"exif-{orientation}.jpg", stored, quality=95, subsampling=0, exif=exif)
        if orientation == 6:
            save("exif-6.png", stored, exif=exif)
            save("exif-6.webp", stored, lossless=True, exif=exif)
            save("exif-6.tif", stored, exif=exif, compression="raw")

    alpha.save(os.path.join(HERE, "bad", "photo.avif"))
    m.resize((48, 32)).save(os.path.join(HERE, "foreign", "boat.avif"), quality=85, subsampling="4:4:4")
    save("cmyk.tif", m.resize((48, 32)).convert("CMYK"))
    big = io.BytesIO()
    m.save(big, "WEBP", quality=85)
    with open(os.path.join(HERE, "bad", "truncated.webp"), "wb") as f:
        f.write(big.getvalue()[: len(big.getvalue()) // 2])
    with open(os.path.join(FORMATS, "animated.gif"), "rb") as f:
        data = f.read()
    with open(os.path.join(HERE, "bad", "truncated.gif"), "wb") as f:
        f.write(data[:900])
    with open(os.path.join(FORMATS, "lzw.tif"), "rb") as f:
        data = f.read()
    with open(os.path.join(HERE, "bad", "truncated.tif"), "wb") as f:
        f.write(data[: len(data) // 2])


def decoded():
    """Size and the colours on an 8 x 8 grid of pixels, after load_img's
    convert("RGB") and EXIF transposition (which load_img leaves out). 16-bit gray
    is divided by 256, as TensorFlow does; Pillow would clip it at 255."""
    out = {}
    for name in sorted(os.listdir(FORMATS)):
        m = ImageOps.exif_transpose(Image.open(os.path.join(FORMATS, name)))
        if m.mode.startswith("I"):
            m = Image.fromarray((np.asarray(m).astype("int32") >> 8).astype("uint8"))
        m = np.asarray(m.convert("RGB"))
        h, w, _ = m.shape
        grid = m[np.arange(8) * h // 8 + h // 16][:, np.arange(8) * w // 8 + w // 16]
        out[name] = {"w": w, "h": h, "grid": grid.reshape(-1).tolist()}
    return out


def resize():
    """Pictures v = (37*x + 101*y + 59*c + x*y*7) mod 256, so that none is stored."""
    cases = []
    for w, h, size in [(40, 23, 13), (7, 5, 12), (61, 90, 9), (16, 16, 16), (12, 12, 6)]:
        x, y, c = np.meshgrid(np.arange(w), np.arange(h), np.arange(3), indexing="xy")
        m = ((37 * x + 101 * y + 59 * c + 7 * x * y) % 256).astype("float32")
        results = {
            "stretch": tf.image.resize(m, (size, size)),
            "stretch-antialias": tf.image.resize(m, (size, size), antialias=True),
            "crop": keras.preprocessing.image.smart_resize(m, (size, size)),
            "pad": keras.ops.image.resize(m, (size, size), pad_to_aspect_ratio=True),
            "crop-antialias": tf.image.resize(square_crop(m), (size, size), antialias=True),
            "pad-antialias": tf.image.resize(square_pad(m), (size, size), antialias=True),
        }
        for mode, r in results.items():
            cases.append({"w": w, "h": h, "size": size, "mode": mode, "values": rounded(r)})
    return cases


def square_crop(m):
    h, w, _ = m.shape
    s = min(h, w)
    return m[(h - s) // 2 : (h - s) // 2 + s, (w - s) // 2 : (w - s) // 2 + s]


def square_pad(m):
    h, w, _ = m.shape
    y, x = (max(h, w) - h) // 2, (max(h, w) - w) // 2  # the same on both sides, as Keras has it
    return np.pad(m, ((y, y), (x, x), (0, 0)))


def affine():
    size = 11
    x, y, c = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing="xy")
    m = ((37 * x + 101 * y + 59 * c + 7 * x * y) % 256).astype("float32")
    draws = [
        dict(flip=True),
        dict(shift_x=0.3, shift_y=-0.17),
        dict(shift_x=-2.4, shift_y=1.6),
        dict(zoom=0.7),
        dict(zoom=1.45),
        dict(angle=0.4),
        dict(angle=-2.5),
        dict(flip=True, shift_x=0.12, shift_y=0.2, zoom=1.2, angle=0.3),
        dict(brightness=0.21),
        dict(brightness=-0.4),
        dict(contrast=0.4),
        dict(contrast=1.7),
        dict(flip=True, shift_x=-0.1, shift_y=0.05, zoom=0.85, angle=-0.2, brightness=0.1, contrast=1.3),
    ]
    cases = []
    for d in draws:
        full = dict(flip=False, shift_x=0.0, shift_y=0.0, zoom=1.0, angle=0.0, brightness=0.0, contrast=1.0)
        full.update(d)
        cases.append({"size": size, **full, "values": rounded(augmented(m, size, full))})
    return cases


def augmented(m, size, d):
    """The layers' own matrices, multiplied, applied once by their own operation."""
    translation = keras.layers.RandomTranslation(0.1, 0.1)
    zoom = keras.layers.RandomZoom(0.1)
    rotation = keras.layers.RandomRotation(0.1)
    row = lambda v: tf.constant([[v]], "float32")
    shift = tf.constant([[d["shift_x"] * size, d["shift_y"] * size]], "float32")
    zero = np.zeros(1, "float32")
    matrices = [
        translation._get_translation_matrix(shift),
        zoom._get_zoom_matrix(tf.concat([row(d["zoom"])] * 2, 1), size, size),
        rotation._compute_affine_matrix(
            center_x=0.5, center_y=0.5, angle=tf.constant([np.degrees(d["angle"])], "float32"),
            translate_x=zero, translate_y=zero, scale=zero + 1, shear_x=zero, shear_y=zero,
            height=size, width=size,
        ),
    ]
    total = np.diag([-1.0, 1, 1]) if d["flip"] else np.eye(3)
    total[0, 2] = size - 1 if d["flip"] else 0
    for t in matrices:
        total = total @ np.append(np.asarray(t, "float64").reshape(-1), 1).reshape(3, 3)
    flat = total.reshape(-1)[:8].astype("float32")
    m = keras.ops.image.affine_transform(m, flat, fill_mode="reflect")
    brightness = keras.layers.RandomBrightness(1.0)
    m = brightness.transform_images(m, {"rgb_delta": tf.constant(d["brightness"] * 255, "float32")})
    contrast = keras.layers.RandomContrast(0.5)
    return contrast.transform_images(m, {"contrast_factor": tf.constant(d["contrast"], "float32")})


def rounded(t):
    return [round(float(v), 4) for v in np.asarray(t).reshape(-1)]


def main():
    variants()
    for name, make in [("decoded", decoded), ("resize", resize), ("affine", affine)]:
        with open(os.path.join(HERE, name + ".json"), "w") as f:
            json.dump(make(), f, separators=(",", ":"))
            f.write("\n")


if __name__ == "__main__":
    main()
