"""Writes kinds.zip, small files of the many kinds of TIFF, BMP, PNG and JPEG, and
kinds.json, what the real libraries make of each: width, height and CRC-64 of RGB.

    pip install pillow==13.0.0 tifffile imagecodecs numpy
    apt-get install libtiff-tools netpbm
    python testdata/images/kinds.py

Where Pillow reads a file as it is meant, Pillow is asked (libtiff for fax, palettes,
planes); else tifffile. Every file is also held against the picture that it was made of.
"""

import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

import numpy as np
import tifffile
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
W, H = 21, 19
x, y = np.meshgrid(np.arange(W), np.arange(H))
RGB = np.stack([(x * 5 + y) % 256, (x + y * 6) % 256, (x * y // 3) % 256], -1).astype(np.uint8)
GRAY = RGB[..., 0]
RGB16 = (RGB.astype(np.uint16) * 257) ^ 0x5A
BITS = ((x // 3 + y // 2) % 5 < 2) | (x == y)
files, want = {}, {}


def rgb(a):
    return np.repeat(a[..., None], 3, -1) if a.ndim == 2 else a[..., :3]


def put(name, data, expect=None, oracle="pillow"):
    """expect: the pixels; by the oracle where there is none."""
    if oracle == "pillow":
        seen = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    elif oracle == "tifffile":
        seen = tifffile.imread(io.BytesIO(data))
    else:
        seen = expect
    if expect is None:
        expect = seen
    assert seen is expect or np.array_equal(rgb(seen), rgb(expect)), f"{name}: {oracle} reads otherwise"
    expect = rgb(expect)
    assert expect.dtype == np.uint8, name
    files[name] = data
    want[name] = {"w": expect.shape[1], "h": expect.shape[0], "hash": f"{crc64(expect):016x}"}


def crc64(a):
    """Go's hash/crc64 with ECMA of width, height and pixels."""
    data = struct.pack("<QQ", a.shape[1], a.shape[0]) + np.ascontiguousarray(a).tobytes()
    crc = 0xFFFFFFFFFFFFFFFF
    for b in data:
        crc = TABLE[(crc ^ b) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFFFFFFFFFF


def table():
    out = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (0xC96C5795D7870F42 if i & 1 else 0)
        out.append(i)
    return out


TABLE = table()


def pillow(image, **options):
    b = io.BytesIO()
    image.save(b, **options)
    return b.getvalue()


def tiff(array, **options):
    b = io.BytesIO()
    tifffile.imwrite(b, array, metadata=None, **options)
    return b.getvalue()


def tiffcp(data, *options):
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/a", "wb") as f:
            f.write(data)
        subprocess.run(["tiffcp", *options, d + "/a", d + "/b"], check=True)
        with open(d + "/b", "rb") as f:
            return f.read()


def plain_tiff(entries, pixels, order="<"):
    """A TIFF by hand, for what no library writes. entries: tag -> (type, values)."""
    entries = {**entries, 273: (4, [8]), 279: (4, [len(pixels)])}
    at = 8 + len(pixels) + len(pixels) % 2
    extra, rows = b"", b""
    end = at + 2 + 12 * len(entries) + 4
    for tag in sorted(entries):
        kind, values = entries[tag]
        raw = struct.pack(order + str(len(values)) + {1: "B", 3: "H", 4: "I"}[kind], *values)
        if len(raw) > 4:
            rows += struct.pack(order + "HHII", tag, kind, len(values), end + len(extra))
            extra += raw + b"\0" * (len(raw) % 2)
        else:
            rows += struct.pack(order + "HHI", tag, kind, len(values)) + raw.ljust(4, b"\0")
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, at)
    return head + pixels.ljust(at - 8, b"\0") + struct.pack(order + "H", len(entries)) + rows + b"\0\0\0\0" + extra


def pack(values, bits):
    """Values to bits, the highest first, rows on whole bytes."""
    rows = []
    for row in values.reshape(values.shape[0], -1):
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text = text.ljust((len(text) + 7) // 8 * 8, "0")
        rows.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    return b"".join(rows)


def layout(bits, samples, photometric):
    return {256: (3, [W]), 257: (3, [H]), 258: (3, [bits] * samples), 259: (3, [1]), 262: (3, [photometric]), 277: (3, [samples]), 278: (4, [H])}


def fax():
    one = Image.fromarray(BITS)
    for kind in ["raw", "group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw", "tiff_adobe_deflate"]:
        for photometric in [0, 1]:
            image = one if photometric else Image.fromarray(~BITS)
            data = pillow(one, format="TIFF", compression=kind, tiffinfo={262: photometric})
            put(f"bits-{kind}-{photometric}.tif", data)
    both = pillow(one, format="TIFF", compression="group4")
    put("fax-g3-2d.tif", tiffcp(both, "-c", "g3:2d"))
    put("fax-g3-2d-fill.tif", tiffcp(both, "-c", "g3:2d:fill"))
    put("fax-g3-1d-fill.tif", tiffcp(both, "-c", "g3:1d:fill"))
    for kind in ["g3", "g3:2d", "g4", "none", "lzw", "packbits", "zip"]:
        put(f"fill-order-{kind.replace(':', '')}.tif", tiffcp(both, "-c", kind, "-f", "lsb2msb"))
    put("fax-g4-strips.tif", tiffcp(both, "-c", "g4", "-r", "5"))
    put("fax-g4-tiles.tif", tiffcp(both, "-c", "g4", "-t", "-w", "16", "-l", "16"))
    wide = np.zeros((6, 5300), bool)
    wide[1, 3:5200] = wide[2, 2600:] = wide[3, :2561] = wide[4, 1791:1793] = True
    wide[5, ::2] = True
    for kind in ["group3", "group4"]:
        put(f"fax-wide-{kind}.tif", pillow(Image.fromarray(wide), format="TIFF", compression=kind))


def planes():
    for order in "<>":
        for what, a in [("rgb8", RGB), ("rgb16", RGB16)]:
            expect = (a >> 8).astype(np.uint8) if a.dtype == np.uint16 else a
            oracle = "tifffile" if a.dtype == np.uint8 else "none"
            end = "le" if order == "<" else "be"
            for comp in [None, "lzw", "zlib", "packbits"]:
                for planar in ["contig", "separate"]:
                    for tile in [None, (16, 32)]:
                        for predictor in [False, True]:
                            if predictor and comp in [None, "packbits"] or order == ">" and comp == "zlib":
                                continue
                            source = np.moveaxis(a, -1, 0) if planar == "separate" else a
                            data = tiff(source, photometric="rgb", planarconfig=planar, compression=comp, tile=tile, predictor=predictor, byteorder=order, rowsperstrip=None if tile else 10)
                            name = f"{what}-{end}-{comp}-{planar}-{'tiles' if tile else 'strips'}{'-predicted' if predictor else ''}.tif"
                            seen = tifffile.imread(io.BytesIO(data))
                            assert np.array_equal(np.moveaxis(seen, 0, -1) if planar == "separate" else seen, a), name
                            put(name, data, expect, "none")
    base = pillow(Image.fromarray(RGB), format="TIFF")
    put("tiffcp-separate.tif", tiffcp(base, "-p", "separate", "-c", "lzw:2"))
    put("tiffcp-separate-tiles.tif", tiffcp(base, "-p", "separate", "-t", "-w", "32", "-l", "16", "-c", "zip"))


def colours():
    p = Image.fromarray(RGB).quantize(200)
    for comp in ["raw", "tiff_lzw", "packbits"]:
        put(f"palette-{comp}.tif", pillow(p, format="TIFF", compression=comp))
    for bits in [1, 2, 4, 8]:
        index = (x + y) % (1 << bits)
        colours = np.stack([(np.arange(1 << bits) * k) % 256 for k in [37, 91, 11]])
        expect = colours.T[index].astype(np.uint8)
        entries = {**layout(bits, 1, 3), 320: (3, [int(v) * 257 for v in colours.reshape(-1)])}
        put(f"palette-{bits}-bit.tif", plain_tiff(entries, pack(index, bits)), expect)
    entries[320] = (3, [int(v) for v in colours.reshape(-1)])  # 8 bits where 16 belong
    put("palette-low.tif", plain_tiff(entries, pack(index, 8)), expect, "none")
    for bits in [2, 4, 8]:
        v = (x + y) % (1 << bits)
        expect = (v * 255 // ((1 << bits) - 1)).astype(np.uint8)
        put(f"gray-{bits}-bit.tif", plain_tiff(layout(bits, 1, 1), pack(v, bits)), expect)
        put(f"gray-{bits}-bit-white-is-zero.tif", plain_tiff(layout(bits, 1, 0), pack(v, bits)), 255 - expect)
        put(f"gray-{bits}-bit-be.tif", plain_tiff(layout(bits, 1, 1), pack(v, bits), ">"), expect)
    put("gray-alpha.tif", tiff(np.stack([GRAY, 255 - GRAY], -1), photometric="minisblack", extrasamples=["unassalpha"]), GRAY, "none")
    put("rgba.tif", tiff(np.dstack([RGB, GRAY]), photometric="rgb", extrasamples=["unassalpha"]), RGB)
    put("rgbx.tif", tiff(np.dstack([RGB, GRAY]), photometric="rgb", extrasamples=["unspecified"]), RGB)
    put("rgba-separate.tif", tiff(np.moveaxis(np.dstack([RGB, GRAY]), -1, 0), photometric="rgb", planarconfig="separate", extrasamples=["unassalpha"]), RGB, "none")
    put("rgb-unsorted.tif", unsorted(tiff(RGB, photometric="rgb")), RGB)
    put("pages.tif", pillow(Image.fromarray(RGB), format="TIFF", save_all=True, append_images=[Image.fromarray(255 - RGB)]), RGB)
    gray16 = GRAY.astype(np.uint16) * 256 + 7
    put("gray16-be.tif", tiff(gray16, photometric="minisblack", byteorder=">"), GRAY, "none")
    put("gray16-white-is-zero.tif", tiff(65535 - gray16, photometric="miniswhite"), GRAY, "none")
    for bits, order in [(10, "<"), (12, "<"), (12, ">"), (14, "<")]:
        v = (x * 81 + y * 3) % (1 << bits)
        name = f"gray-{bits}-bit-{'le' if order == '<' else 'be'}.tif"
        data = plain_tiff(layout(bits, 1, 1), pack(v, bits), order)
        assert np.array_equal(tifffile.imread(io.BytesIO(data)), v), name
        put(name, data, (v >> (bits - 8)).astype(np.uint8), "none")


def unsorted(data):
    """The first two entries of the directory change places."""
    at = struct.unpack("<I", data[4:8])[0] + 2
    return data[:at] + data[at + 12 : at + 24] + data[at : at + 12] + data[at + 24 :]


def bitmaps():
    """BMP as Pillow and netpbm write it, and by hand what they only read."""
    p = Image.fromarray(RGB).quantize(16)
    index, colours = np.asarray(p), np.array(p.getpalette()[:48]).reshape(16, 3)
    quads = b"".join(bytes([b, g, r, 0]) for r, g, b in colours.tolist())

    def bmp(bits, pixels, *, size=40, packing=0, top_down=False, palette=b"", masks=b"", reserved=b"\0\0\0\0"):
        head = struct.pack("<IiiHHIIiiII", size, W, -H if top_down else H, 1, bits, packing, len(pixels), 2835, 2835, len(palette) // 4, 0)
        head = (head + masks).ljust(size, b"\0") if size > 40 else head + masks
        at = 14 + len(head) + len(palette)
        return b"BM" + struct.pack("<I", at + len(pixels)) + reserved + struct.pack("<I", at) + head + palette + pixels

    def lines(rows, up=True):
        return b"".join(bytes(r).ljust((len(r) + 3) // 4 * 4, b"\0") for r in (rows[::-1] if up else rows))

    bgr = [r.tobytes() for r in RGB[..., ::-1]]
    put("reserved.bmp", bmp(24, lines(bgr), reserved=b"\1\2\3\4"), RGB)
    put("top-down.bmp", bmp(24, lines(bgr, False), top_down=True), RGB)
    put("gap.bmp", gap(bmp(24, lines(bgr))), RGB)
    bgrx = [np.dstack([RGB[..., ::-1], GRAY])[i].tobytes() for i in range(H)]
    put("x8.bmp", bmp(32, lines(bgrx)), RGB)
    put("v5-masks.bmp", bmp(32, lines(bgrx), size=124, packing=3, masks=struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)), RGB)
    rgbx = [np.dstack([GRAY, RGB[..., ::-1]])[i].tobytes() for i in range(H)]
    put("masks-32.bmp", bmp(32, lines(rgbx), packing=3, masks=struct.pack("<3I", 0xFF000000, 0xFF0000, 0xFF00)), RGB)
    for what, shifts, packing in [("555", (10, 5, 0, 5, 5, 5), 0), ("565", (11, 5, 0, 5, 6, 5), 3)]:
        parts = [RGB[..., c].astype(int) >> (8 - shifts[3 + c]) for c in range(3)]
        v = sum(parts[c] << shifts[c] for c in range(3)).astype("<u2")
        masks = struct.pack("<3I", *[((1 << shifts[3 + c]) - 1) << shifts[c] for c in range(3)]) if packing else b""
        put(f"{what}.bmp", bmp(16, lines([r.tobytes() for r in v]), packing=packing, masks=masks))
    eight = [r.tobytes() for r in index.astype(np.uint8)]
    put("palette-8.bmp", bmp(8, lines(eight), palette=quads), colours[index].astype(np.uint8))
    nibbles = [pack(r[None], 4) for r in index]
    put("palette-4.bmp", bmp(4, lines(nibbles), palette=quads), colours[index].astype(np.uint8))
    put("palette-1.bmp", bmp(1, lines([pack(r[None].astype(int), 1) for r in BITS]), palette=quads[:8]))
    for n, b in [(8, 1), (4, 4)]:
        put(f"os2-{n}.bmp", os2(n, index, colours), colours[index].astype(np.uint8))
    put("os2-24.bmp", b"BM" + struct.pack("<IHHI", 0, 0, 0, 26) + struct.pack("<IHHHH", 12, W, H, 1, 24) + lines(bgr), RGB)
    put("os2-64.bmp", bmp(24, lines(bgr), size=64), RGB)
    put("runs-8.bmp", bmp(8, runs8(index), packing=1, palette=quads), colours[index].astype(np.uint8))
    put("runs-4.bmp", bmp(4, runs4(index), packing=2, palette=quads), colours[index].astype(np.uint8))


def gap(data):
    """Bytes between header and pixels, as an ICC profile or an editor leaves them."""
    at = struct.unpack("<I", data[10:14])[0]
    return data[:10] + struct.pack("<I", at + 8) + data[14:at] + b"unusedby" + data[at:]


def os2(bits, index, colours):
    palette = b"".join(bytes([b, g, r]) for r, g, b in colours.tolist()).ljust(3 << bits, b"\0")
    rows = b"".join(pack(r[None], bits).ljust((W * bits + 31) // 32 * 4, b"\0") for r in index[::-1])
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 26 + len(palette)) + struct.pack("<IHHHH", 12, W, H, 1, bits) + palette + rows


def runs8(index):
    """Each row: two runs of what is alike, the rest as it is."""
    out = b""
    for row in index[::-1].tolist():
        i = 0
        while i < len(row):
            n = 1
            while i + n < len(row) and row[i + n] == row[i] and n < 255:
                n += 1
            if n == 1 and i + 5 <= len(row):
                out += bytes([0, 5, *row[i : i + 5], 0])
                i += 5
                continue
            out += bytes([n, row[i]])
            i += n
        out += b"\0\0"
    return out[:-2] + b"\0\1"


def runs4(index):
    out = b""
    for row in index[::-1].tolist():
        for i in range(0, 20, 5):
            a = row[i : i + 5] + [0, 0, 0]
            out += bytes([0, 5, a[0] << 4 | a[1], a[2] << 4 | a[3], a[4] << 4, 0])
        for v in row[20:]:
            out += bytes([1, v << 4])
        out += b"\0\0"
    return out[:-2] + b"\0\1"


def deep():
    """16-bit files of which 8, 10, 12, 14 or 16 bits are used, each scaled by its own."""
    for bits in [8, 10, 12, 14, 16]:
        a = (x * 1009 + y * 4099) % (1 << bits)
        a[0, 0] = (1 << bits) - 1
        expect = (a >> (bits - 8)).astype(np.uint8)
        put(f"gray16-{bits}.png", pillow(Image.fromarray(a.astype(np.uint16)), format="PNG"), expect, "none")
        put(f"gray16-{bits}.tif", tiff(a.astype(np.uint16), photometric="minisblack"), expect, "none")
        c = np.stack([a, a[::-1], a[:, ::-1]], -1)
        put(f"rgb16-{bits}.png", png16(c), rgb((c >> (bits - 8)).astype(np.uint8)), "none")
        put(f"rgb16-{bits}.tif", tiff(c.astype(np.uint16), photometric="rgb", compression="zlib"), rgb((c >> (bits - 8)).astype(np.uint8)), "none")


def png16(a):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = b"".join(b"\0" + r.astype(">u2").tobytes() for r in a)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def ends():
    """PNG that end oddly; for JPEG see kinds_test.go, as DCT rounds otherwise in Go."""
    png = pillow(Image.fromarray(RGB), format="PNG")
    put("no-iend.png", png[:-12], RGB)
    put("half-iend.png", png[:-7], RGB)
    put("zeros-for-iend.png", png[:-12] + b"\0" * 12, RGB)
    put("garbage-after.png", png + b"garbage" * 9, RGB)
    put("no-adler.png", png[:-18], RGB)
    put("no-checksum.png", png[:-16], RGB)  # of the last pixels' chunk


if __name__ == "__main__":
    for make in [fax, planes, colours, bitmaps, deep, ends]:
        make()
    with zipfile.ZipFile(os.path.join(HERE, "kinds.zip"), "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            z.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
    with open(os.path.join(HERE, "kinds.json"), "w") as f:
        json.dump(want, f, indent=0)
        f.write("\n")
    print(len(files), "files", file=sys.stderr)
