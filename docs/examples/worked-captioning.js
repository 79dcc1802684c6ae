// In the browser and in Node: captioning, as in the documentation of transformers
import { AutoModelForCausalLM, AutoProcessor } from "glimpsejs";
import { picture } from "./samples.js";

const processor = await AutoProcessor.fromPretrained();
const model = await AutoModelForCausalLM.fromPretrained();

const { pixelValues } = await processor.process({ images: [picture("03.jpg")] });
const { sequences } = await model.generate({ pixelValues, maxLength: 50 });

console.log(processor.batchDecode(sequences, { skipSpecialTokens: true })[0]);

await model.dispose();
