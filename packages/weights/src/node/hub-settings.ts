// What the environment says about the Hub: cache folder, token, endpoint, offline. The variables and their order are
// those of Python's huggingface_hub, so that both use the same cache. The JavaScript hub library reads process.env by
// itself, expands no "~" and knows no token file or offline mode; here the environment is a value.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { GlimpseError, show } from "@glimpsejs/base";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a caller may set instead of the environment. */
export interface HubSettingsOptions {
  /** Folder of the cache. Default HF_HUB_CACHE, else "hub" in HF_HOME, else ~/.cache/huggingface/hub. */
  readonly cacheDir?: string;
  /** Access token. Default HF_TOKEN, else the file "token" in HF_HOME. */
  readonly token?: string;
  /** Address of the Hub. Default HF_ENDPOINT, else https://huggingface.co. */
  readonly endpoint?: string;
  /** Use the cache only. Default HF_HUB_OFFLINE. */
  readonly offline?: boolean;
  /** Environment variables. Default process.env. */
  readonly env?: Environment;
}

/** Settings with every default filled in. */
export interface HubSettings {
  /** Absolute path. */
  readonly cacheDir: string;
  /** The token that requests carry; undefined where there is none. */
  readonly token: string | undefined;
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Whether the cache alone is used. */
  readonly offline: boolean;
  /** False where HF_HUB_DISABLE_SYMLINKS asks for files in place of links. */
  readonly symlinks: boolean;
}

/** Reads the settings. Throws "invalid-argument" for an endpoint that is no URL or a token that no header can hold. */
export async function hubSettings(options: HubSettingsOptions): Promise<HubSettings> {
  const { env = process.env } = options;
  const home =
    folder(env, "HF_HOME") ?? join(folder(env, "XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "huggingface");
  const cacheDir = options.cacheDir ?? folder(env, "HF_HUB_CACHE") ?? folder(env, "HUGGINGFACE_HUB_CACHE");
  return {
    cacheDir: resolve(cacheDir ?? join(home, "hub")),
    token: checkToken(options.token ?? (await implicitToken(env, home))),
    endpoint: checkEndpoint(options.endpoint ?? (env["HF_ENDPOINT"] || "https://huggingface.co")),
    offline: options.offline ?? isTrue(env["HF_HUB_OFFLINE"] || env["TRANSFORMERS_OFFLINE"]),
    symlinks: !isTrue(env["HF_HUB_DISABLE_SYMLINKS"]),
  };
}

async function implicitToken(env: Environment, home: string): Promise<string | undefined> {
  if (isTrue(env["HF_HUB_DISABLE_IMPLICIT_TOKEN"])) return undefined;
  const given = env["HF_TOKEN"] || env["HUGGING_FACE_HUB_TOKEN"];
  // A token that this user may not read is not this user's.
  return given || readFile(folder(env, "HF_TOKEN_PATH") ?? join(home, "token"), "utf8").catch(() => undefined);
}

function checkToken(token: string | undefined): string | undefined {
  const clean = token?.trim();
  if (!clean) return undefined;
  if (/^[\x21-\x7e]+$/.test(clean)) return clean;
  throw new GlimpseError(
    // The token is not shown: messages end up in logs.
    { subject: "the Hub token", problem: "it holds characters that no token has", advice: "Check HF_TOKEN." },
    { code: "invalid-argument" },
  );
}

function checkEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "") {
    return url.href.replace(/\/+$/, "");
  }
  throw new GlimpseError(
    { subject: "the Hub endpoint", problem: "it is no http or https address", got: show(endpoint) },
    { code: "invalid-argument" },
  );
}

/** A variable that names a folder or file, with "~" and variables in it replaced as Python does. */
function folder(env: Environment, name: string): string | undefined {
  const value = env[name];
  if (!value) return undefined;
  return value
    .replace(/^~(?=$|[/\\])/, homedir())
    .replace(/\$(?:(\w+)|\{([^}]*)\})/g, (all, plain, braced) => env[plain ?? braced] ?? all);
}

function isTrue(value: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(value ?? "");
}
