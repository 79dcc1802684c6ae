"""Writes the small PyTorch checkpoints beside it, once: python make_torch.py. Made with torch 2.13, Python 3.11.

expected.safetensors holds the tensors of views.bin as PyTorch itself sees them.
"""
import collections
import io
import os
import pathlib
import pickle
import zipfile

import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent


def state_dict():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8 - 1
    return {
        "f32": base,
        "shared": base,  # tied weights: the same storage
        "rows": base[1:3],  # contiguous, in the middle of the storage
        "transposed": base.t(),
        "columns": base[:, 1:4],
        "permuted": torch.arange(24, dtype=torch.int16).reshape(2, 3, 4).permute(2, 0, 1),
        "f16": torch.tensor([1.5, -0.0, 65504.0, 6e-8], dtype=torch.float16),
        "bf16": torch.tensor([1.5, -2.0, 3e38], dtype=torch.bfloat16),
        "f64": torch.tensor([0.1, 1e300], dtype=torch.float64),
        "i64": torch.tensor([-1, 2**53 + 1]),
        "i32": torch.tensor([-(2**31), 7], dtype=torch.int32),
        "i8": torch.tensor([-128, 127], dtype=torch.int8),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(42.0),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.ones(2)),
    }


def rezip(source, target, compression=zipfile.ZIP_STORED, change=lambda name, data: data):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for item in old.infolist():
            entry = zipfile.ZipInfo(item.filename)  # a fixed date
            entry.compress_type = compression
            new.writestr(entry, change(item.filename, old.read(item)))


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/glimpse-was-here",)


def evil_pickle(name, data):
    if not name.endswith("/data.pkl"):
        return data
    return pickle.dumps(collections.OrderedDict(weight=Evil()), protocol=2)


tensors = state_dict()
torch.save(tensors, here / "views.bin")
save_file({name: t.detach().contiguous().clone() for name, t in tensors.items()}, here / "expected.safetensors")

module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
with torch.no_grad():
    for i, p in enumerate(module.parameters()):
        p.copy_(torch.arange(p.numel(), dtype=torch.float32).reshape(p.shape) + i)
torch.save(module.state_dict(), here / "module.bin")
torch.save({"state_dict": module.state_dict(), "epoch": 3}, here / "wrapped.bin")
torch.save(module.state_dict(), here / "legacy.bin", _use_new_zipfile_serialization=False)
torch.save({"conj": torch.ones(2, dtype=torch.complex64).conj()}, here / "complex.bin")
torch.save({"expanded": torch.ones(1).expand(1000, 1000)}, here / "expanded.bin")
torch.save(module.state_dict(), here / "protocol-4.bin", pickle_protocol=4)
rezip(here / "module.bin", here / "evil.bin", change=evil_pickle)
rezip(here / "module.bin", here / "compressed.bin", zipfile.ZIP_DEFLATED)
rezip(here / "module.bin", here / "rezipped.bin")
rezip(here / "module.bin", here / "big-endian.bin", change=lambda n, d: b"big" if n.endswith("/byteorder") else d)
