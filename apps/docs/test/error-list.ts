// The entries of docs/errors.md, from the code: what a code means is its comment in the union ErrorCode, and what it says
// are messages as they stand in the sources, with "…" for what is filled in when they are thrown.
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";

const packages = new URL("../../../packages/", import.meta.url);
const shown = 3;
/** Parts of a message in the order in which it has them. */
const parts = ["subject", "problem", "expected", "got", "advice"] as const;

type Message = Readonly<Partial<Record<(typeof parts)[number], string>>>;

/**
 * All entries as Markdown: a heading per code, when it is thrown, what to do, and what it says. Messages that `current`
 * shows stay as long as the sources have them, so that a new one elsewhere changes nothing.
 */
export function errorList(current: string): string {
  const messages = messagesOfSources();
  return errorCodes()
    .map(({ code, when, advice }) => {
      const own = (messages.get(code) ?? []).toSorted((a, b) => rank(b) - rank(a)).map(sentence);
      if (own.length === 0) throw new Error(`errors: no source throws "${code}".`);
      const lines = own.map((text) => `- ${text}`);
      const kept = lines.filter((line) => current.includes(`${line}\n`) && !isVague(line));
      const examples = [...new Set([...kept, ...lines.filter((line) => !isVague(line)), ...lines])].slice(0, shown);
      return [
        `## ${code}`,
        when,
        `**What to do.** ${advice}`,
        "**What it says**, for example:",
        examples.join("\n"),
      ].join("\n\n");
    })
    .join("\n\n");
}

/** Whether only the error itself says what it is about. */
function isVague(line: string): boolean {
  return line.startsWith("- `…");
}

/** The codes in their order, each with its comment. */
export function errorCodes(): readonly { readonly code: string; readonly when: string; readonly advice: string }[] {
  const text = readFileSync(new URL("base/src/error.ts", packages), "utf8");
  const union = /export type ErrorCode =([\s\S]*?);\n\n/.exec(text)?.[1] ?? "";
  const entries = [...union.matchAll(/\/\*\*([\s\S]*?)\*\/\s*\| "([a-z-]+)"/g)];
  if (entries.length !== union.match(/\| "/g)?.length) throw new Error("errors: a code in the union has no comment.");
  return entries.map(([, comment = "", code = ""]) => {
    const [when = "", advice = ""] = comment.replace(/\s*\n\s*\* ?/g, " ").split(" To do: ");
    if (when.trim() === "" || advice.trim() === "") throw new Error(`errors: the comment of "${code}" is incomplete.`);
    return { code, when: when.trim(), advice: advice.trim() };
  });
}

/** The complete ones first: with advice, and with few gaps. */
function rank(message: Message): number {
  const text = sentence(message);
  return (message.advice === undefined ? 0 : 2) - (text.match(/…/g) ?? []).length;
}

function sentence({ subject, problem, expected, got, advice }: Message): string {
  const about = [problem, expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(", ");
  return `\`${`${subject}: ${about}.${advice === undefined ? "" : ` ${advice}`}`.replaceAll("`", "'")}\``;
}

/** Code to messages, in the order of files and lines. */
function messagesOfSources(): ReadonlyMap<string, readonly Message[]> {
  const found = new Map<string, Message[]>();
  const files = readdirSync(packages, { recursive: true, encoding: "utf8" })
    .filter((file) => /^[^/\\]+[/\\]src[/\\].*\.ts$/.test(file) && !/\.test\.ts$/.test(file))
    .toSorted();
  for (const file of files) {
    const text = readFileSync(new URL(file, packages), "utf8");
    if (!text.includes("problem:")) continue;
    for (const [code, message] of messagesOf(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))) {
      found.set(code, [...(found.get(code) ?? []), message]);
    }
  }
  return found;
}

/** Codes and messages of a file. What is put on a list has the code of the lists of its file, if those have only one. */
function messagesOf(source: ts.SourceFile): readonly (readonly [string, Message])[] {
  const throwers = throwersOf(source);
  const ofLists = new Set(throwers.values());
  const found: (readonly [string, Message])[] = [];
  visit(source, (node) => {
    const message = ts.isExpression(node) ? messageOf(node) : undefined;
    if (message === undefined) return;
    const { parent } = node;
    const call = ts.isCallExpression(parent) || ts.isNewExpression(parent) ? parent : undefined;
    const own = call && (codeOf(call) ?? throwers.get(call.expression.getText()));
    const code = own ?? (ofLists.size === 1 ? [...ofLists][0] : undefined);
    if (code !== undefined) found.push([code, message]);
  });
  return found;
}

/** Functions of a file that make errors of one code from what they are given, by name. */
function throwersOf(source: ts.SourceFile): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  visit(source, (node) => {
    if (!ts.isNewExpression(node)) return;
    const code = codeOf(node);
    const maker = ts.findAncestor(node, ts.isFunctionLike);
    const first = node.arguments?.[0];
    if (code === undefined || maker === undefined || first === undefined || !ts.isIdentifier(first)) return;
    const name = maker.name ?? (ts.isVariableDeclaration(maker.parent) ? maker.parent.name : undefined);
    if (name !== undefined) found.set(name.getText(), code);
  });
  return found;
}

/** "x" of `f(…, { code: "x" })`, and of `f(…, "x")` when x is a code. */
function codeOf(node: ts.NewExpression | ts.CallExpression): string | undefined {
  for (const argument of node.arguments ?? []) {
    if (ts.isObjectLiteralExpression(argument)) {
      const code = property(argument, "code");
      if (code !== undefined && ts.isStringLiteral(code)) return code.text;
    }
    if (ts.isStringLiteral(argument) && known.has(argument.text)) return argument.text;
  }
  return undefined;
}

const known = new Set(errorCodes().map(({ code }) => code));

function messageOf(node: ts.Expression): Message | undefined {
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const problem = textOf(property(node, "problem"));
  if (problem === undefined || !/\w/.test(problem)) return undefined;
  const texts = parts.map((part) => [part, textOf(property(node, part))] as const);
  const message: Message = Object.fromEntries(texts.filter(([, text]) => text !== undefined));
  return { ...message, subject: message.subject ?? "…" };
}

function property(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  for (const each of node.properties) {
    if (each.name?.getText() !== name) continue;
    if (ts.isPropertyAssignment(each)) return each.initializer;
    if (ts.isShorthandPropertyAssignment(each)) return each.name;
  }
  return undefined;
}

/** What a literal says; a gap for everything that is only known when it runs. */
function textOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) return textOf(constant(node)) ?? "…";
  if (!ts.isTemplateExpression(node)) return "…";
  return node.templateSpans.reduce((text, { literal }) => `${text}…${literal.text}`, node.head.text);
}

/** What a constant of the function around, or of the file, is made with. */
function constant(name: ts.Identifier): ts.Expression | undefined {
  for (let scope: ts.Node = name.parent; scope !== undefined; scope = scope.parent) {
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement) || !(statement.declarationList.flags & ts.NodeFlags.Const)) continue;
      const found = statement.declarationList.declarations.find((each) => each.name.getText() === name.text);
      if (found?.initializer !== undefined && !ts.isIdentifier(found.initializer)) return found.initializer;
    }
  }
  return undefined;
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}
