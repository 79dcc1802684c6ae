"""Writes ops.json and git.json: what PyTorch and transformers say, computed in double precision.

Made with torch 2.13.0 and transformers 5.18.0; run in this folder: python make_goldens.py
Inputs are exact in float32 (weights and pixels of git.json are whole numbers times `unit`). Outputs are rounded to
float32, so a backend that computes in float32 differs from them by its own rounding only.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F
from transformers import GitConfig, GitForCausalLM

torch.manual_seed(20)


def tensor(values):
    if values.dtype in (torch.int32, torch.int64):
        return {"dtype": "int32", "shape": list(values.shape), "data": values.flatten().tolist()}
    data = [float(str(x)) for x in values.detach().numpy().astype(np.float32).flatten()]  # shortest that reads back equal
    return {"dtype": "float32", "shape": list(values.shape), "data": data}


def normal(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).double()  # drawn in float32, so exact there


# --- ops.json ------------------------------------------------------------------------------------------------------

goldens = []


def golden(name, op, inputs, outputs, attributes=None, group="ops"):
    recorded = {k: [tensor(x) for x in v] if isinstance(v, list) else tensor(v) for k, v in inputs.items()}
    outputs = [tensor(x) for x in outputs]
    goldens.append(dict(group=group, name=name, op=op, attributes=attributes or {}, inputs=recorded, outputs=outputs))


functions = {
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
    "silu": F.silu,
    "selu": F.selu,
}
wide = [-1000, -104, -88, -50, -20, *np.arange(-12, 12.25, 0.25), 20, 50, 88, 104, 1000]
wide += [s * 10.0**-e for e in range(1, 8) for s in (-1, 1)]
wide = torch.tensor(wide, dtype=torch.float32).double()
for name, function in functions.items():
    golden(f"activation {name}", "activation", {"x": wide}, [function(wide)], {"function": name})

x, weight, bias = normal(2, 5, 37), normal(6, 37), normal(6)
golden("linear", "linear", {"x": x, "weight": weight, "bias": bias}, [F.linear(x, weight, bias)])
golden("linear without bias", "linear", {"x": x, "weight": weight}, [F.linear(x, weight)])

pixels, weight = normal(2, 3, 8, 12), normal(5, 3, 4, 4)
patches = F.conv2d(pixels, weight, stride=4).flatten(2).transpose(1, 2)
golden("patchEmbedding", "patchEmbedding", {"pixels": pixels, "weight": weight}, [patches])

table, ids = normal(7, 3), torch.tensor([[0, 6, 3], [3, 3, 1]])
golden("embedding", "embedding", {"table": table, "ids": ids}, [F.embedding(ids, table)])


def layer_norm(name, x, epsilon, group="ops"):
    weight, bias = normal(x.shape[-1]), normal(x.shape[-1])
    inputs = {"x": x, "weight": weight, "bias": bias}
    golden(name, "layerNorm", inputs, [F.layer_norm(x, x.shape[-1:], weight, bias, epsilon)], {"epsilon": epsilon}, group)


layer_norm("layerNorm", normal(2, 3, 16, scale=3), 1e-12)
for epsilon in (1e-12, 1e-5, 1e-3):
    # The mean is a hundred times the deviation: the variance as E[x²] − E[x]² would be off by a thousandth.
    nearly_equal = (1 + 0.01 * torch.randn(4, 32)).double()
    equal = torch.full((1, 32), 0.5).double()
    x = torch.cat([nearly_equal, equal])
    layer_norm(f"layerNorm of nearly equal numbers, epsilon {epsilon}", x, epsilon, "blocks")


def attention(name, lengths, mask=False, head_mask=False, relative=None, b=2, s=3, heads=2, d=4):
    """As in BertSelfAttention: relative terms before scaling, the mask after, headMask on the probabilities."""
    query = normal(b, s, heads * d)
    keys, values = [[normal(b, heads, t, d) for t in lengths] for _ in range(2)]
    inputs = {"query": query, "keys": keys, "values": values}
    q = query.view(b, s, heads, d).transpose(1, 2)
    k, v = torch.cat(keys, 2), torch.cat(values, 2)
    scores = q @ k.transpose(-1, -2)
    if relative:
        reach, total = 9, sum(lengths)
        distances = inputs["distances"] = normal(2 * reach - 1, d)
        query_positions = inputs["queryPositions"] = torch.randint(0, reach, (b, s))
        key_positions = inputs["keyPositions"] = torch.randint(0, reach, (b, total))
        between = distances[query_positions[:, :, None] - key_positions[:, None, :] + reach - 1]
        scores = scores + torch.einsum("bhld,blrd->bhlr", q, between)
        if relative == "key_query":
            scores = scores + torch.einsum("bhrd,blrd->bhlr", k, between)
    scores = scores / d**0.5
    if mask:
        allowed = torch.rand(b, s, lengths[-1]) < 0.5
        last = inputs["mask"] = torch.where(allowed, 0.0, -1e9).double()
        scores[..., sum(lengths[:-1]) :] += last[:, None]
    probabilities = scores.softmax(-1)
    if head_mask:
        factors = inputs["headMask"] = torch.tensor([0.0, 0.75])[:heads].double()
        probabilities = probabilities * factors[None, :, None, None]
    context = (probabilities @ v).transpose(1, 2).reshape(b, s, heads * d)
    attributes = {"heads": heads} | ({"relative": relative} if relative else {})
    golden(name, "attention", inputs, [context, probabilities], attributes)


attention("attention", [5])
attention("attention over segments", [3, 0, 4])
attention("attention with a mask", [3, 4], mask=True)
attention("attention with a head mask", [5], head_mask=True)
attention("attention with relative keys", [5], relative="key")
attention("attention with relative keys and queries", [3, 4], relative="key_query")
attention("attention with everything", [3, 2, 4], mask=True, head_mask=True, relative="key_query")

with open("ops.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(g, separators=(",", ":")) for g in goldens) + "\n]\n")

# --- git.json: a tiny random model, two pictures, six greedy tokens ------------------------------------------------

torch.manual_seed(4)  # one of the seeds that give different tokens for the two pictures
unit = 1 / 64
config = dict(
    vocab_size=23,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    hidden_act="gelu",
    max_position_embeddings=12,
    layer_norm_eps=1e-12,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
    vision_config=dict(
        hidden_size=12,
        intermediate_size=20,
        num_hidden_layers=2,
        num_attention_heads=3,
        image_size=12,
        patch_size=4,
        num_channels=3,
        hidden_act="quick_gelu",
        layer_norm_eps=1e-5,
    ),
)
model = GitForCausalLM(GitConfig(**config)).double().eval()
weights = {}
with torch.no_grad():
    for name, parameter in model.state_dict().items():
        if name.endswith("position_ids"):
            continue
        around = 64 if "norm" in name.lower() and name.endswith("weight") or name.endswith("projection.1.weight") else 0
        whole = (torch.randn(parameter.shape) * 20 + around).round()
        parameter.copy_(whole * unit)
        weights[name] = {"shape": list(parameter.shape), "data": whole.int().flatten().tolist()}
    pixels = (torch.randn(2, 3, 12, 12) * 64).round()
    features = model.git.image_encoder(pixels.double() * unit).last_hidden_state
    sequences = torch.tensor([[1], [1]])
    logits = []  # of each step, [2, V]; end tokens are not looked at
    for _ in range(6):
        step = model(input_ids=sequences, pixel_values=pixels.double() * unit).logits[:, -1]
        logits.append(step)
        sequences = torch.cat([sequences, step.argmax(-1, keepdim=True)], 1)
        first, second = step.topk(2).values.T
        assert (first - second).min() > 0.02, "too close to call; change the seed"
result = {
    "config": config,
    "unit": unit,
    "weights": weights,
    "pixels": {"shape": list(pixels.shape), "data": pixels.int().flatten().tolist()},
    "features": tensor(features),
    "logits": [tensor(step) for step in logits],
    "tokens": sequences.tolist(),
}
print(sequences)
with open("git.json", "w") as file:
    json.dump(result, file, separators=(",", ":"))
    file.write("\n")
