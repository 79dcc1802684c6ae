// In Node: a checkpoint in 8 bits, saved into a folder and loaded from it
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const folder = await mkdtemp(path.join(tmpdir(), "checkpoint-"));
const small = await load(undefined, { dtype: "int8" });
await small.model.savePretrained(folder);
await small.processor.savePretrained(folder);
await small.dispose();
for (const file of (await readdir(folder)).sort()) console.log(file);

const git = await load(folder);
console.log((await git.caption(picture("01.png"))).text);
await git.dispose();
await rm(folder, { recursive: true });
