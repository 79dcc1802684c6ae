"""Measures transformers on PyTorch: the same checkpoint, pixel values, prompt, number of tokens and threads.

usage: peer.py JOB      prints one JSON object; see Job and Measurement in src/measure.ts
"""
import json, os, resource, statistics, sys, time
os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np, torch, transformers
from transformers import GitForCausalLM

job = json.loads(sys.argv[1])
torch.set_num_threads(job["threads"])
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

def timed(run):
    start = time.perf_counter()
    result = run()
    return (time.perf_counter() - start) * 1e3, result

class Clock(transformers.generation.streamers.BaseStreamer):
    """Notes when each token comes."""
    def __init__(self): self.at = []
    def put(self, value): self.at.append(time.perf_counter() * 1e3)
    def end(self): pass

with torch.inference_mode():
    load, model = timed(lambda: GitForCausalLM.from_pretrained(job["folder"], dtype=torch.float32).eval())
    model.generation_config.eos_token_id = None
    pixels = torch.from_numpy(np.fromfile(job["pixels"]["file"], dtype=np.float32).reshape(job["pixels"]["shape"]))
    ids = torch.tensor([job["prompt"]])
    call = dict(pixel_values=pixels, input_ids=ids, max_new_tokens=job["tokens"], num_beams=job["beams"], do_sample=False)
    frame = pixels[:, 0] if pixels.dim() == 5 else pixels
    frames = pixels.shape[1] if pixels.dim() == 5 else 1
    first, sequences = timed(lambda: model.generate(**call))
    before = time.process_time()
    warm = [timed(lambda: model.generate(**call))[0] for _ in range(job["runs"])]
    used = (time.process_time() - before) * 1e3
    # transformers encodes the frames of a clip one after the other
    encode = [timed(lambda: [model.git.image_encoder(frame) for _ in range(frames)])[0] for _ in range(job["runs"])]
    steps = []
    for _ in range(job["runs"] if job["beams"] == 1 else 0):  # transformers streams greedy search only
        clock = Clock()
        model.generate(**call, streamer=clock)
        steps += [b - a for a, b in zip(clock.at[1:], clock.at[2:])]  # the first put() is the prompt

print(json.dumps({
    "name": f"PyTorch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}",
    "measurement": {
        "load": load, "encode": statistics.median(encode), "first": first, "warm": statistics.median(warm), "cores": used / sum(warm),
        "perToken": statistics.median(steps) if steps else None,
        "peakRss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "ids": sequences[0].tolist(),
    },
}))
