// The three lines of code on the first page.
import { highlight } from "../scripts/markdown.mjs";

export default {
  firstLines: highlight(
    `import { load } from "glimpsejs";
const git = await load("microsoft/git-base-coco");
const { text } = await git.caption("photo.jpg");`,
    "js",
  ).trimEnd(),
};
