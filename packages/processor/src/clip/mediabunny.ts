// Containers with mediabunny: MP4, MOV, WebM and Matroska files to packets. The one file that imports that optional
// package, by import() in a `try`: bundlers build an application that has not installed it only then. The file is
// itself imported when the first clip is opened, so that bundles carry only what is used here.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { EncodedPacket, Input, InputVideoTrack } from "mediabunny";
import type { Demuxer, MediaBytes, Packet, VideoTrack } from "./media.ts";

/** What is used of the package. */
type Mediabunny = Pick<
  typeof import("mediabunny"),
  "CustomSource" | "EncodedPacketSink" | "Input" | "MATROSKA" | "MP4" | "QTFF" | "UnsupportedInputFormatError" | "WEBM"
>;

/** Loads the package. Throws "missing-package" with `advice` where it cannot be loaded. */
export async function loadDemuxer(advice: string): Promise<Demuxer> {
  try {
    // Taken apart at once, so that a bundler leaves out all the rest of it.
    const { CustomSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, UnsupportedInputFormatError, WEBM } =
      await import("mediabunny");
    const used = { CustomSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, UnsupportedInputFormatError, WEBM };
    return (bytes, name) => openTrack(used, bytes, name);
  } catch (cause) {
    throw new GlimpseError(
      { subject: "mediabunny", problem: "the package that reads videos could not be loaded", advice },
      { code: "missing-package", cause },
    );
  }
}

async function openTrack(mediabunny: Mediabunny, bytes: MediaBytes, name: string): Promise<VideoTrack> {
  const { CustomSource, Input, MATROSKA, MP4, QTFF, WEBM } = mediabunny;
  let failure: unknown;
  const source = new CustomSource({
    getSize: () => bytes.size,
    read: (start, end) => bytes.read(start, end),
    prefetchProfile: "fileSystem",
    maxCacheSize: 2 ** 21, // a long film needs no more memory than a short one
    handleUnhandledError: (error) => {
      failure = error;
    },
  });
  const input = new Input({ source, formats: [MP4, QTFF, WEBM, MATROSKA] });
  try {
    return await readTrack(mediabunny, input, name);
  } catch (error) {
    input.dispose();
    throw asClipError(mediabunny, failure ?? error, name);
  }
}

async function readTrack(mediabunny: Mediabunny, input: Input, name: string): Promise<VideoTrack> {
  const tracks = await input.getVideoTracks();
  const track = (await input.getPrimaryVideoTrack()) ?? tracks[0];
  if (track === undefined) {
    const others = (await input.getTracks()).map((other) => other.type);
    const got = others.length === 0 ? "no tracks at all" : `only ${[...new Set(others)].join(" and ")}`;
    throw invalid({ subject: name, problem: "the file has no video track", got });
  }
  const codec = await track.getCodec();
  const config = codec === null ? null : await track.getDecoderConfig();
  if (config === null) {
    const got = String((await track.getInternalCodecId()) ?? codec ?? "a codec of unknown name");
    throw new GlimpseError(
      {
        subject: name,
        problem: "the video's codec is not known",
        expected: "H.264, H.265, VP8, VP9 or AV1",
        got,
        advice: "Convert it, for example to MP4 with H.264.",
      },
      { code: "unsupported" },
    );
  }
  const { codedWidth, codedHeight, description, colorSpace } = config;
  return {
    rotation: await track.getRotation(),
    flip: await track.getFlip(),
    config: {
      codec: config.codec,
      ...(codedWidth !== undefined && { codedWidth }),
      ...(codedHeight !== undefined && { codedHeight }),
      ...(description !== undefined && { description: bytesOf(description) }),
      ...(colorSpace !== undefined && { colorSpace }),
    },
    ...packetsOf(mediabunny, track, name),
    dispose: () => input.dispose(),
  };
}

function packetsOf(
  mediabunny: Mediabunny,
  track: InputVideoTrack,
  name: string,
): Pick<VideoTrack, "times" | "keyPacket" | "nextPacket"> {
  const sink = new mediabunny.EncodedPacketSink(track);
  const own = new WeakMap<Packet, EncodedPacket>();
  const remember = (packet: EncodedPacket | null): Packet | undefined => {
    if (packet === null) return undefined;
    const { type, timestamp, sequenceNumber: order, data } = packet;
    const ours: Packet = { type, time: microseconds(timestamp), order, data: new Uint8Array(data) };
    own.set(ours, packet);
    return ours;
  };
  const reading = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw asClipError(mediabunny, error, name);
    }
  };
  return {
    async times(each) {
      let packet = await reading(sink.getFirstPacket({ metadataOnly: true }));
      while (packet !== null) {
        if (!each(microseconds(packet.timestamp), microseconds(packet.timestamp + packet.duration))) return;
        packet = await reading(sink.getNextPacket(packet, { metadataOnly: true }));
      }
    },
    // Half a microsecond later, since times were rounded.
    keyPacket: async (time) =>
      remember(await reading(sink.getKeyPacket((time + 0.5) / 1e6, { verifyKeyPackets: true }))),
    async nextPacket(packet) {
      const from = own.get(packet);
      return from === undefined ? undefined : remember(await reading(sink.getNextPacket(from)));
    },
  };
}

function microseconds(seconds: number): number {
  return Math.round(seconds * 1e6);
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  return new Uint8Array(source).slice();
}

/** What mediabunny throws, as an error that names the file; errors of the source pass as they are. */
function asClipError({ UnsupportedInputFormatError }: Mediabunny, error: unknown, name: string): GlimpseError {
  if (GlimpseError.isInstance(error)) return error;
  if (error instanceof UnsupportedInputFormatError) {
    return invalid({ subject: name, problem: "this is no video that is read", expected: formats }, error);
  }
  const got = error instanceof Error ? `"${error.message.split("\n")[0]}"` : undefined;
  return invalid({ subject: name, problem: "the file is damaged or cut off", got }, error);
}

const formats = "MP4, MOV, WebM, MKV or GIF";

function invalid(problem: Problem, cause?: unknown): GlimpseError {
  return new GlimpseError(problem, { code: "invalid-clip", cause });
}
