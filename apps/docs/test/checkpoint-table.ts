// The table of published checkpoints: sizes are counted from the configurations, tasks from the names.
import { presetConfig, presetNames } from "@glimpsejs/config";
import { expectedWeights } from "@glimpsejs/model";

const tasks: readonly (readonly [RegExp, string])[] = [
  [/-coco$/, "captions of photographs (COCO)"],
  [/-textcaps$/, "captions that read text (TextCaps)"],
  [/-vqav2$/, "questions about photographs (VQAv2)"],
  [/-textvqa$/, "questions about text in pictures (TextVQA)"],
  [/-vatex$/, "captions of clips (VATEX)"],
  [/-msrvtt-qa$/, "questions about clips (MSRVTT-QA)"],
  [/-r$/, "pretrained on filtered captions, for fine-tuning"],
  [/^git-(base|large)$/, "pretrained, for fine-tuning"],
];

/** The table as Markdown. */
export function checkpointTable(): string {
  const rows = presetNames.map((name) => {
    const config = presetConfig(name);
    const count = [...expectedWeights(config, "causalLM").values()].reduce(
      (sum, shape) => sum + shape.reduce((product, n) => product * n, 1),
      0,
    );
    const task = tasks.find(([pattern]) => pattern.test(name))?.[1] ?? "";
    const { imageSize, patchSize } = config.visionConfig;
    const frames = config.numImageWithEmbedding ?? 1;
    const tokens = frames * ((imageSize / patchSize) ** 2 + 1);
    const sizes = [4, 2, 1].map((bytes) => `${((count * bytes) / 1e6).toFixed(0)}`).join(" / ");
    return `| \`${name}\` | ${task} | ${imageSize} px${frames > 1 ? ` × ${frames}` : ""} | ${tokens} | ${(count / 1e6).toFixed(0)} M | ${sizes} |`;
  });
  const head = [
    "| `microsoft/…` | trained for | sees | image tokens | parameters | MB in fp32 / fp16 / int8 |",
    "| --- | --- | --- | --- | --- | --- |",
  ];
  return [...head, ...rows].join("\n");
}
