"""transformers on PyTorch, measured: takes requests as lines of JSON and answers each with one. See src/calls.ts."""
import json, os, resource, sys, time
os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np, torch, transformers
from transformers import GitForCausalLM

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_grad_enabled(False)
torch.backends.cudnn.allow_tf32 = False  # float32 as everywhere else; products of matrices are so by default
model = pixels = None
device = sys.argv[1] if len(sys.argv) > 1 else "cpu"

class Clock(transformers.generation.streamers.BaseStreamer):
    """Notes when each token comes."""
    def __init__(self): self.at = []
    def put(self, value): self.at.append(time.perf_counter() * 1e3)
    def end(self): pass

def generate(request):
    """Rows of one length go together; the questions about one picture, which differ in length, one by one."""
    count, prompts = request["pictures"], request["prompts"]
    together = count == len(prompts)
    ids, clock = [], None
    for i, prompt in enumerate([prompts] if together else [[p] for p in prompts]):
        # transformers streams greedy search of one row only
        clock = Clock() if request["beams"] == 1 and len(prompts) == 1 else None
        rows = model.generate(pixel_values=pixels[:count], input_ids=torch.tensor(prompt, device=device), streamer=clock,
            max_new_tokens=request["tokens"], num_beams=request["beams"], do_sample=False)
        ids += rows.tolist()
    return ids, [b - a for a, b in zip(clock.at[1:], clock.at[2:])] if clock else []  # the first put() is the prompt

def encode():
    frames = pixels[:1].flatten(0, 1).unsqueeze(1) if pixels.dim() == 5 else pixels[:1].unsqueeze(0)
    for frame in frames: model.git.image_encoder(frame)  # transformers encodes those of a clip one after the other
    return [], []

def answer(request):
    global model, pixels
    if request["kind"] == "open":
        if request.get("threads"): torch.set_num_threads(request["threads"])
        start = time.perf_counter()
        model = GitForCausalLM.from_pretrained(request["folder"], dtype=torch.float32).eval().to(device)
        model.generation_config.eos_token_id = None
        load = (time.perf_counter() - start) * 1e3
        pixels = torch.from_numpy(np.fromfile(request["pixels"]["file"], dtype=np.float32).reshape(request["pixels"]["shape"])).to(device)
        return {"name": f"transformers {transformers.__version__} on PyTorch {torch.__version__.split('+')[0]}{'' if device == 'cpu' else f', {device}'}", "load": load}
    if request["kind"] == "memory":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    cpu, start = time.process_time(), time.perf_counter()
    ids, steps = encode() if request["kind"] == "encode" else generate(request)
    if device != "cpu": torch.cuda.synchronize()
    return {"ms": (time.perf_counter() - start) * 1e3, "cpu": (time.process_time() - cpu) * 1e3, "ids": ids, "steps": steps}

for line in sys.stdin:
    message = json.loads(line)
    try: reply = {"id": message["id"], "answer": answer(message["request"])}
    except Exception as error: reply = {"id": message["id"], "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
