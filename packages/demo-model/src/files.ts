// The URL of every file of the demo checkpoints, each written out, because bundlers copy a file and rewrite its URL only
// where they see its whole name. In an entry of its own, so that who imports the folders does not bundle the weights.

/** Files of the checkpoint for pictures, by name. */
export const captionsFiles: Readonly<Record<string, URL>> = {
  "config.json": new URL("../models/captions/config.json", import.meta.url),
  "generation_config.json": new URL("../models/captions/generation_config.json", import.meta.url),
  "preprocessor_config.json": new URL("../models/captions/preprocessor_config.json", import.meta.url),
  "processor_config.json": new URL("../models/captions/processor_config.json", import.meta.url),
  "tokenizer.json": new URL("../models/captions/tokenizer.json", import.meta.url),
  "tokenizer_config.json": new URL("../models/captions/tokenizer_config.json", import.meta.url),
  "vocab.txt": new URL("../models/captions/vocab.txt", import.meta.url),
  "model.safetensors": new URL("../models/captions/model.safetensors", import.meta.url),
};

/** Files of the checkpoint for clips, by name. */
export const clipCaptionsFiles: Readonly<Record<string, URL>> = {
  "config.json": new URL("../models/clip-captions/config.json", import.meta.url),
  "generation_config.json": new URL("../models/clip-captions/generation_config.json", import.meta.url),
  "preprocessor_config.json": new URL("../models/clip-captions/preprocessor_config.json", import.meta.url),
  "processor_config.json": new URL("../models/clip-captions/processor_config.json", import.meta.url),
  "tokenizer.json": new URL("../models/clip-captions/tokenizer.json", import.meta.url),
  "tokenizer_config.json": new URL("../models/clip-captions/tokenizer_config.json", import.meta.url),
  "vocab.txt": new URL("../models/clip-captions/vocab.txt", import.meta.url),
  "model.safetensors": new URL("../models/clip-captions/model.safetensors", import.meta.url),
};
