"""Writes settings.json: pixel_values of transformers' CLIPImageProcessor and VideoMAEImageProcessor (Pillow) for settings
and proportions that the published checkpoints do not have, such as 2 x 517 pixels, sizes with a longest edge, padding.

usage: make_settings.py [--seed N] > settings.json

The pictures are not stored: byte i of a picture is bytes_of()[i], row-major RGB. Of each result there are the shape, the
mean and a sample of values.
"""
import argparse, json, random, warnings
import numpy as np
from PIL import Image
import transformers
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil

warnings.filterwarnings("ignore")
arguments = argparse.ArgumentParser()
arguments.add_argument("--seed", type=int, default=0)
R = random.Random(arguments.parse_args().seed)


def bytes_of(n):
    i = np.arange(n, dtype=np.uint64)
    return (((i * i * 7919 + i * 104729) >> np.uint64(5)) % 251).astype(np.uint8)


def side():
    return R.choice([1, 2, 3, 7, 8, 15, 31, 32, 48, 64])


def settings():
    kind = R.choice(["CLIPImageProcessor", "CLIPImageProcessor", "VideoMAEImageProcessor"])
    result = {"image_processor_type": kind, "resample": R.randrange(6)}
    result["size"] = R.choice([
        {"shortest_edge": side()}, {"height": side(), "width": side()}, side(), [side(), side()],
        {"shortest_edge": side(), "longest_edge": side()}, {"max_height": side(), "max_width": side()},
    ])
    result["crop_size"] = R.choice([{"height": side(), "width": side()}, side()])
    for flag in ("do_resize", "do_center_crop", "do_rescale", "do_normalize"):
        if R.random() < 0.25: result[flag] = False
    if R.random() < 0.3: result["rescale_factor"] = R.choice([0.002, 1 / 127.5, 1.0])
    if R.random() < 0.3: result["image_mean"], result["image_std"] = R.choice([(0.4, 0.3), ([0.1, 0.2, 0.3], [0.5, 0.6, 0.7])])
    if R.random() < 0.3:
        result["do_pad"] = True
        if R.random() < 0.7: result["pad_size"] = R.choice([{"height": 70, "width": 90}, 120])
    return result


cases = []
while len(cases) < 90:
    width, height = R.choice([(1, 1), (1, 130), (2, 230), (2, 517), (3, 301), (3, 200), (300, 2), (64, 48), (31, 33), (7, 5), (97, 61)])
    kwargs = settings()
    picture = Image.fromarray(bytes_of(width * height * 3).reshape(height, width, 3))
    kind = kwargs.pop("image_processor_type")
    case = {"settings": {"image_processor_type": kind, **kwargs}, "width": width, "height": height}
    try:
        processor = (CLIPImageProcessorPil if kind.startswith("CLIP") else VideoMAEImageProcessorPil)(**kwargs)
        values = np.asarray(processor(images=picture, return_tensors="np")["pixel_values"], np.float32)
    except ValueError as error:
        cases.append({**case, "error": str(error)[:100]})
        continue
    flat = values.ravel().astype(np.float64)
    index = sorted({R.randrange(flat.size) for _ in range(16)})
    cases.append({**case, "shape": list(values.shape[-3:]), "mean": float(flat.mean()), "index": index, "values": [float(flat[i]) for i in index]})
print(json.dumps({"oracle": f"transformers {transformers.__version__}, Pillow {Image.__version__}", "cases": cases}))
