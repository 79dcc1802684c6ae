"""Writes small pictures in many pixel formats and, beside them, decode.json: the pixels that Pillow's convert("RGB") gives.

usage: make_decode_fixtures.py PHOTO_DIR OUT   (Pillow 12.3; PHOTO_DIR is fixtures/reference/data)
decode.json: {"oracle", "pictures": {file: {"mode", "width", "height", "rgb"}}, "photos": {file: the same}}
"mode" is Pillow's mode before the conversion, "rgb" the RGB bytes in base64, of large pictures "sha256" their digest;
"error" is what Pillow said instead.
Pillow cannot write every format that it reads; those are put together here byte by byte.
"""
import base64, hashlib, io, json, os, struct, sys, warnings, zlib
import numpy as np
import PIL
from PIL import Image, ImageCms

warnings.filterwarnings("ignore")
photo_dir, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
W, H = 17, 13
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([x * 15, y * 19, (x * y * 3) % 256], -1).astype(np.uint8)
alpha = ((x * 13 + y * 7) % 256).astype(np.uint8)
alpha[:4] = 0  # fully transparent rows keep their colours: alpha is dropped, not blended
rgba, cmyk = np.dstack([rgb, alpha]), np.dstack([rgb, 255 - alpha])
grey = np.asarray(Image.fromarray(rgb).convert("L"))
grey16, rgb16 = (x * 2700 + y * 13).astype(np.uint16), (rgb.astype(np.uint16) << 8) | (255 - rgb)


def put(name, data):
    with open(os.path.join(out, name), "wb") as file:
        file.write(data)


def encode(image, form, **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(depth, colour, rows, *chunks):
    """A PNG of rows that are already packed; chunks go between IHDR and IDAT."""
    header = struct.pack(">IIBBBBB", W, H, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = [png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(pixels, photometric, bits, extra=None, sample_format=1, orientation=1):
    """An uncompressed little-endian TIFF of one strip."""
    channels = pixels.shape[2]
    data = pixels.tobytes()
    tags = [(256, 4, [W]), (257, 4, [H]), (258, 3, [bits] * channels), (259, 3, [1]), (262, 3, [photometric]), (273, 4, [8]), (274, 3, [orientation]),
            (277, 3, [channels]), (278, 4, [H]), (279, 4, [len(data)]), (284, 3, [1]), (339, 3, [sample_format] * channels)]
    if extra is not None:
        tags.append((338, 3, extra))
    tags.sort()
    start = 8 + len(data) + len(data) % 2
    after, directory, tail = start + 2 + 12 * len(tags) + 4, struct.pack("<H", len(tags)), b""
    for tag, kind, values in tags:
        raw = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(raw) > 4:
            raw, tail = struct.pack("<I", after + len(tail)), tail + raw + b"\0" * (len(raw) % 2)
        directory += struct.pack("<HHI", tag, kind, len(values)) + raw.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<I", start) + data.ljust(start - 8, b"\0") + directory + b"\0\0\0\0" + tail


def drop_segment(jpeg, marker):
    """The JPEG without its first segment of this marker."""
    at = jpeg.index(bytes([255, marker]))
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2:at + 4], "big"):]


def swapped_profile():
    """An ICC profile that would visibly change every colour if it were applied: sRGB with red and blue exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for i in range(int.from_bytes(data[128:132], "big")):
        at = 132 + 12 * i
        data[at:at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(bytes(data[at:at + 4]), data[at:at + 4])
    return bytes(data)


R, A, L = Image.fromarray(rgb), Image.fromarray(rgba), Image.fromarray(grey)
P = R.quantize(16)
profile = swapped_profile()
big_endian = lambda a: [row.astype(">u2").tobytes() for row in a]

# JPEG
put("rgb.jpg", encode(R, "JPEG"))
put("progressive.jpg", encode(R, "JPEG", progressive=True))
put("grey.jpg", encode(L, "JPEG"))
put("icc.jpg", encode(R, "JPEG", subsampling=0, quality=95, icc_profile=profile))
adobe = encode(Image.fromarray(cmyk, "CMYK"), "JPEG")
put("cmyk-adobe.jpg", adobe)
put("cmyk-no-adobe.jpg", drop_segment(adobe, 0xEE))
at = adobe.index(b"Adobe")
put("ycck.jpg", adobe[:at + 11] + b"\2" + adobe[at + 12:])
for orientation in range(0, 10):
    exif = Image.Exif()
    exif[0x0112] = orientation
    put(f"exif-{orientation}.jpg", encode(R, "JPEG", exif=exif))
# PNG
put("rgb.png", encode(R, "PNG"))
put("rgba.png", encode(A, "PNG"))
put("grey.png", encode(L, "PNG"))
put("grey-alpha.png", encode(Image.merge("LA", [L, Image.fromarray(alpha)]), "PNG"))
put("icc.png", encode(R, "PNG", icc_profile=profile))
put("bad-icc.png", encode(R, "PNG", icc_profile=b"not a profile"))
put("1-bit.png", encode(R.convert("1"), "PNG"))
put("2-bit-grey.png", png(2, 0, [np.packbits(np.stack([(r >> 7) & 1, (r >> 6) & 1], -1).reshape(-1)).tobytes() for r in grey]))
put("palette.png", encode(P, "PNG"))
put("palette-transparent.png", encode(P, "PNG", transparency=bytes([0, 128, 255, 10])))
put("grey-transparent.png", encode(L, "PNG", transparency=int(grey[5, 5])))
put("rgb-transparent.png", encode(R, "PNG", transparency=tuple(int(v) for v in rgb[5, 5])))
put("grey-16.png", png(16, 0, big_endian(grey16)))
put("grey-16-transparent.png", png(16, 0, big_endian(grey16), png_chunk(b"tRNS", struct.pack(">H", int(grey16[5, 5])))))
put("grey-alpha-16.png", png(16, 4, big_endian(np.dstack([grey16, alpha.astype(np.uint16) * 257]))))
put("rgb-16.png", png(16, 2, big_endian(rgb16)))
put("rgba-16.png", png(16, 6, big_endian(np.dstack([rgb16, alpha.astype(np.uint16) * 257]))))
put("animated.png", encode(R, "PNG", save_all=True, append_images=[Image.fromarray(255 - rgb)]))
# GIF
put("rgb.gif", encode(R, "GIF"))
put("transparent.gif", encode(P, "GIF", transparency=3))
put("animated.gif", encode(P, "GIF", save_all=True, append_images=[Image.fromarray(255 - rgb)]))
gif = encode(P, "GIF", interlace=0)
larger = gif[:6] + struct.pack("<HH", W + 4, H + 3) + gif[10:]  # the frame covers only part of the screen
put("part-of-screen.gif", larger)
block = larger.index(b",\0\0\0\0")
put("part-of-screen-transparent.gif", larger[:block] + b"!\xf9\4\1\0\0\5\0" + larger[block:])
put("screen-640x480.gif", gif[:6] + struct.pack("<HH", 640, 480) + gif[10:])  # some decoders distrust such screen sizes
put("beyond-screen.gif", gif[:6] + struct.pack("<HH", W - 4, H - 3) + gif[10:])
# WebP, AVIF
put("lossy.webp", encode(R, "WEBP"))
put("lossless-alpha.webp", encode(A, "WEBP", lossless=True, exact=True))
put("lossy-alpha.webp", encode(A, "WEBP"))
put("animated.webp", encode(R, "WEBP", lossless=True, save_all=True, append_images=[Image.fromarray(255 - rgb)]))
put("animated-alpha.webp", encode(A, "WEBP", lossless=True, exact=True, save_all=True, append_images=[Image.fromarray(255 - rgba)]))
put("444.avif", encode(R, "AVIF", subsampling="4:4:4", quality=95))
put("420.avif", encode(R, "AVIF", subsampling="4:2:0", quality=95))
put("alpha.avif", encode(A, "AVIF", subsampling="4:4:4", quality=95))
# TIFF
put("rgb.tif", encode(R, "TIFF"))
put("lzw.tif", encode(R, "TIFF", compression="tiff_lzw"))
put("jpeg.tif", encode(R, "TIFF", compression="jpeg"))
put("palette.tif", encode(P, "TIFF"))
put("1-bit.tif", encode(R.convert("1"), "TIFF"))
put("rgba.tif", encode(A, "TIFF"))
put("cmyk.tif", tiff(cmyk, 5, 8))
put("grey.tif", tiff(grey[..., None], 1, 8))
put("grey-white-is-zero.tif", tiff(grey[..., None], 0, 8))
put("grey-16.tif", tiff(grey16[..., None], 1, 16))
put("rgb-16.tif", tiff(rgb16, 2, 16))
premultiplied = (rgb.astype(np.uint16) * alpha[..., None] // 255).astype(np.uint8)
put("premultiplied.tif", tiff(np.dstack([premultiplied, alpha]), 2, 8, [1]))
put("orientation-6.tif", tiff(rgb, 2, 8, orientation=6))  # of TIFF, and only of TIFF, Pillow applies it
put("grey-alpha-16.tif", tiff(np.dstack([grey16, grey16]), 1, 16, [2]))
put("lab.tif", tiff(rgb, 8, 8))
put("float.tif", tiff((rgb / 255).astype(np.float32), 2, 32, sample_format=3))
put("float-grey.tif", tiff((grey / 255).astype(np.float32)[..., None], 1, 32, sample_format=3))
put("int-32.tif", tiff(grey16.astype(np.int32)[..., None], 1, 32, sample_format=2))
put("5-channels.tif", tiff(np.dstack([rgba, alpha]), 2, 8, [2, 0]))
put("6-channels.tif", tiff(np.dstack([rgba, alpha, alpha]), 2, 8, [2, 0, 0]))


def facts(path):
    try:
        image = Image.open(path)
        pixels = image.convert("RGB")
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}".replace(path, "FILE")[:120]}
    data = pixels.tobytes()
    content = {"rgb": base64.b64encode(data).decode()} if len(data) < 4096 else {"sha256": hashlib.sha256(data).hexdigest()}
    return {"mode": image.mode, "width": pixels.width, "height": pixels.height, **content}


names = sorted(name for name in os.listdir(out) if name != "decode.json")
result = {
    "oracle": f"Pillow {PIL.__version__}",
    "pictures": {name: facts(os.path.join(out, name)) for name in names},
    "photos": {name: facts(os.path.join(photo_dir, name)) for name in ("photo-1.jpg", "photo-2.jpg", "cats.png")},
}
with open(os.path.join(out, "decode.json"), "w") as file:
    json.dump(result, file, indent=1)
    file.write("\n")
