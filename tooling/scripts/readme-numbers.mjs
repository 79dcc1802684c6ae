// `npm run readme`: writes the output of commands into README.md, between a line `<!-- $ command -->` and `<!-- end -->`,
// so that no number in it was typed by hand. Needs a build.
import { execSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { root } from "./workspace.mjs";

const file = `${root}/README.md`;
const block = /(<!-- \$ (.+?) -->\n)[\s\S]*?(<!-- end -->)/g;

writeFileSync(
  file,
  readFileSync(file, "utf8").replace(block, (_, start, command, end) => {
    console.log(`$ ${command}`);
    const output = execSync(command, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return `${start}\`\`\`console\n$ ${command}\n${output.trim()}\n\`\`\`\n${end}`;
  }),
);
