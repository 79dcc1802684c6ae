// The bytes of one picture file from a Blob or a URL, never more than a limit. Does not look at the bytes.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";

/** Larger files are refused; the largest picture that is decoded has about this many bytes uncompressed. */
const maxBytes = 2 ** 29;

/** The bytes of a Blob or File. Throws "invalid-image". */
export async function readBlob(blob: Blob, name: string): Promise<Uint8Array> {
  checkLength(blob.size, name);
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw new GlimpseError(
      { subject: name, problem: "the file can no longer be read" },
      { code: "invalid-image", cause },
    );
  }
}

/** The body of a GET request; data: URLs are decoded without one, since policies often forbid fetching them. */
export async function download(
  url: string,
  name: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (/^data:/i.test(url)) return readDataUrl(url, name);
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok || response.body === null) {
      const got = `status ${response.status}`;
      throw new GlimpseError({ subject: name, problem: "the download failed", got }, { code: "download" });
    }
    const chunks: Uint8Array[] = [];
    const reader = response.body.getReader();
    let length = 0;
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      length += value?.length ?? 0;
      if (length > maxBytes) await reader.cancel();
      checkLength(length, name);
      if (value !== undefined) chunks.push(value);
    }
    return joined(chunks, length);
  } catch (cause) {
    if (GlimpseError.isInstance(cause)) throw cause;
    throwIfAborted(signal, name);
    throw downloadFailed(name, cause);
  }
}

/** The error of a request that got no answer, of which browsers do not say why. */
export function downloadFailed(subject: string, cause: unknown): GlimpseError {
  const advice = "Check the address, and that its server allows this page to read it (CORS).";
  return new GlimpseError({ subject, problem: "the download failed", advice }, { code: "download", cause });
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The bytes of a base64 data: URL; its media type is ignored. */
function readDataUrl(url: string, name: string): Uint8Array {
  const comma = url.indexOf(",");
  const unusable = (problem: string, expected?: string) =>
    new GlimpseError({ subject: name, problem, expected }, { code: "invalid-image" });
  if (comma < 0 || !/;base64$/i.test(url.slice(0, comma))) {
    throw unusable("its form is not read", "data:image/…;base64,…");
  }
  const base64 = url.slice(comma + 1);
  checkLength(base64.length * 0.75, name);
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw unusable("its data are not valid base64");
  }
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function checkLength(length: number, subject: string): void {
  if (length <= maxBytes) return;
  throw new GlimpseError(
    { subject, problem: "the file is too large", expected: `at most ${maxBytes} bytes` },
    { code: "invalid-image" },
  );
}
