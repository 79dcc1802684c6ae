// Which repository ids, revisions and file names are accepted before they become part of a path or URL. Names that
// any platform would treat specially are refused on all, so that a cache can be shared between them.
import { type Problem, show } from "@glimpsejs/base";

/** Device names of Windows: a file of such a name, with any extension, is the device. */
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const unsafe = /[\u0000-\u001f\u007f<>:"/\\|?*]/;

/** What is wrong with a repository id such as "microsoft/git-base-coco", or undefined. The rules are the Hub's. */
export function repoIdProblem(id: string): Problem | undefined {
  const parts = id.split("/");
  const valid =
    parts.length <= 2 &&
    parts.every((part) => /^[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/.test(part)) &&
    !/--|\.\.|\.git$/.test(id);
  if (valid) return undefined;
  return {
    subject: `repository ${show(id)}`,
    problem: "this is no Hub id",
    expected: 'an id such as "microsoft/git-base-coco"',
  };
}

/** What is wrong with a revision (branch, tag, commit hash, refs/pr/1), or undefined. The rules are git's and stricter. */
export function revisionProblem(revision: string): Problem | undefined {
  const parts = revision.split("/");
  const valid =
    revision.length <= 255 &&
    !/[\s~^[\]]|@\{|\.\./.test(revision) &&
    parts.every((part) => segmentProblem(part) === undefined && !/^[.-]|\.lock$/.test(part));
  if (valid) return undefined;
  return {
    subject: `revision ${show(revision)}`,
    problem: "this is no git revision",
    expected: 'a branch, tag, commit hash or pull request such as "refs/pr/1"',
  };
}

/** What is wrong with the name of a checkpoint's file, or undefined. A checkpoint is a flat folder, so paths are refused. */
export function fileNameProblem(file: string): Problem | undefined {
  const problem = segmentProblem(file);
  if (problem === undefined) return undefined;
  return { subject: `file ${show(file)}`, problem, expected: 'a plain file name such as "model.safetensors"' };
}

/** The names that some file system would take for `file`: equal but for case or Unicode normalization. */
export function collisions(file: string, names: Iterable<string>): string[] {
  const folded = fold(file);
  return [...names].filter((name) => name !== file && fold(name) === folded);
}

function fold(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function segmentProblem(segment: string): string | undefined {
  if (segment === "" || segment === "." || segment === "..") return "it is no name of a file";
  if (segment.length > 255) return "it is too long";
  if (unsafe.test(segment)) return "it holds a character that is not allowed in file names";
  if (/[. ]$/.test(segment)) return "it ends with a dot or space, which Windows drops";
  if (reserved.test(segment)) return "it is the name of a device on Windows";
  return undefined;
}
