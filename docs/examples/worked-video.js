// In the browser and in Node: a clip, as in the documentation of transformers
import { AutoModelForCausalLM, AutoProcessor, loadClip } from "glimpsejs";
import { clip } from "./samples.js";

const processor = await AutoProcessor.fromPretrained("demo:clips");
const model = await AutoModelForCausalLM.fromPretrained("demo:clips");

const frames = await loadClip(clip("01.mp4"), { frames: 6 });
const { pixelValues } = await processor.process({ frames });
const { sequences } = await model.generate({ pixelValues, maxLength: 50 });

console.log(processor.batchDecode(sequences, { skipSpecialTokens: true }));

await model.dispose();
