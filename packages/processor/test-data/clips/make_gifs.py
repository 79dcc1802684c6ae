"""Writes GIFs that use every part of the format, and below each other in a PNG what Pillow shows of each frame.
usage: make_gifs.py"""
import os, random, struct
import numpy as np
from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))
rng = random.Random(7)

def lzw(indices, bits):  # clear codes often, so that widths change; the encoder of a test, not a good one
    out, acc, n = bytearray(), 0, 0
    def put(code, width):
        nonlocal acc, n
        acc |= code << n; n += width
        while n >= 8: out.append(acc & 255); acc >>= 8; n -= 8
    clear, stop = 1 << bits, (1 << bits) + 1
    table, width = {(i,): i for i in range(clear)}, bits + 1
    put(clear, width); w = (); free = stop + 1
    for i in indices:
        if w + (i,) in table: w += (i,); continue
        put(table[w], width)
        if free < 4096:
            table[w + (i,)] = free; free += 1
            if free > (1 << width) and width < 12: width += 1
        elif rng.random() < .02:  # a full table is used for a while before it is cleared
            put(clear, width); table, width, free = {(j,): j for j in range(clear)}, bits + 1, stop + 1
        w = (i,)
    put(table[w], width); put(stop, width)
    if n: out.append(acc & 255)
    return bytes([bits]) + b"".join(bytes([len(out[k:k + 255])]) + out[k:k + 255] for k in range(0, len(out), 255)) + b"\0"

def gif(width, height, frames, global_bits=4, background=2):
    table = lambda bits: bytes(rng.randrange(256) for _ in range(3 << bits))
    data = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80 | (global_bits - 1), background, 0) + table(global_bits)
    data += b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    for f in frames:
        bits = f.get("local", global_bits)
        left, top, w, h = f.get("box", (0, 0, width, height))
        pixels = np.array([rng.randrange(1 << bits) if rng.random() < .3 else (x // 3 + y // 2) % (1 << bits) for y in range(h) for x in range(w)]).reshape(h, w)
        if f.get("interlaced"): pixels = np.concatenate([pixels[0::8], pixels[4::8], pixels[2::4], pixels[1::2]])
        t = f.get("transparent")
        data += b"!\xf9\x04" + struct.pack("<BHB", f.get("disposal", 0) << 2 | (t is not None), f.get("delay", 7), t or 0) + b"\0"
        data += b"!\xfe\x03abc\0"
        data += b"," + struct.pack("<HHHHB", left, top, w, h, (0x80 | bits - 1 if "local" in f else 0) | (64 if f.get("interlaced") else 0))
        if "local" in f: data += table(bits)
        data += lzw(pixels.reshape(-1).tolist(), max(2, bits))
    return data + b";"

clips = {
    "plain": gif(40, 30, [{}, {}, {"delay": 20}, {}]),
    "parts": gif(40, 30, [{}, {"box": (5, 4, 20, 11), "transparent": 3}, {"box": (0, 17, 40, 13), "local": 3}, {"box": (39, 29, 1, 1)}, {"transparent": 0}]),
    "disposal": gif(40, 30, [{"disposal": 1}, {"box": (5, 4, 20, 11), "disposal": 2}, {"box": (10, 2, 20, 20), "disposal": 3, "local": 5}, {"box": (3, 3, 9, 9), "disposal": 3, "transparent": 1}, {"box": (20, 9, 9, 9), "disposal": 1}, {}]),
    "interlaced": gif(37, 29, [{"interlaced": True}, {"interlaced": True, "box": (3, 2, 30, 7)}, {"interlaced": True, "local": 8}]),
    "large": gif(220, 180, [{"local": 8}, {"local": 8, "transparent": 9}, {"local": 1}], global_bits=8),
}
for name, data in clips.items():
    with open(f"{here}/{name}.gif", "wb") as f: f.write(data)
    im = Image.open(f"{here}/{name}.gif"); rows = []
    for i in range(im.n_frames): im.seek(i); rows.append(np.asarray(im.convert("RGB")))
    Image.fromarray(np.concatenate(rows)).save(f"{here}/{name}-gif.png", optimize=True)
    print(name, im.n_frames, len(data))
