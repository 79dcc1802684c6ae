"""Writes sampling.json: what numpy says about the frames that loadClip() chooses. usage: make_sampling.py"""
import json, os, random
import numpy as np

def window(clip_len, frame_sample_rate, seg_len):  # the documentation's example of GitForCausalLM, transformers 5.18
    converted_len = int(clip_len * frame_sample_rate)
    end_idx = np.random.randint(converted_len, seg_len)
    start_idx = end_idx - converted_len
    indices = np.linspace(start_idx, end_idx, num=clip_len)
    return np.clip(indices, start_idx, end_idx - 1).astype(np.int64).tolist()

pick = random.Random(20261125)
seeds = [0, 1, 42, 45, 12345, 2**31 - 1, 2**31, 2**32 - 1] + [pick.randrange(2**32) for _ in range(192)]
out = {"numpy": np.__version__, "uint32": [], "randint": [], "random": [], "window": [], "uniform": []}
for seed in (0, 45, 2**32 - 1):
    r = np.random.RandomState(seed)
    out["uint32"].append([seed, r.randint(0, 2**32, size=1300, dtype=np.uint32).tolist()[::100]])
for seed in seeds:
    low = pick.randrange(0, 1000); span = pick.choice([1, 2, 3, 7, 8, 9, 100, 255, 256, 257, 10**5, 2**31, 2**32 - 1, 2**32])
    np.random.seed(seed)
    out["randint"].append([seed, low, low + span, [int(np.random.randint(low, low + span)) for _ in range(4)]])
    np.random.seed(seed); out["random"].append([seed, [float(np.random.random()) for _ in range(2)]])
for seed in seeds:
    n, rate = pick.choice([1, 2, 5, 6, 6, 6, 8, 16]), pick.choice([1, 2, 3, 4, 4, 4, 8, 0.5, 1.5])
    frames = int(n * rate) + pick.choice([1, 2, 10, 100, 355, 5000]); np.random.seed(seed)
    out["window"].append([seed, n, rate, frames, window(n, rate, frames)])
for frames in [1, 2, 3, 4, 5, 6, 7, 10, 11, 13, 24, 25, 26, 30, 61, 100, 101, 355, 999, 18000, 1000000]:
    for n in [1, 2, 3, 4, 5, 6, 7, 8, 16, 40]:
        out["uniform"].append([frames, n, np.linspace(0, frames - 1, n).round().astype(np.int64).tolist()])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sampling.json"), "w") as f:
    f.write("{\n" + ",\n".join(f'"{k}": {json.dumps(v, separators=(",", ":"))}' for k, v in out.items()) + "\n}\n")
