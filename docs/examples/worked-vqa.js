// In the browser and in Node: visual question answering, as in the documentation of transformers
import { AutoModelForCausalLM, AutoProcessor } from "glimpsejs";
import { picture } from "./samples.js";

const processor = await AutoProcessor.fromPretrained();
const model = await AutoModelForCausalLM.fromPretrained();

const { pixelValues } = await processor.process({ images: [picture("01.png")] });
const { inputIds } = processor.tokenizer.encode("what is on the left?", { addSpecialTokens: false });
const prompt = [processor.tokenizer.clsTokenId, ...inputIds];
const { sequences } = await model.generate({ pixelValues, inputIds: [prompt], maxLength: 50 });

console.log(processor.batchDecode(sequences, { skipSpecialTokens: true }));

await model.dispose();
