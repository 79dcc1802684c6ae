// Containers with mediabunny: MP4, MOV, WebM and Matroska files to packets. The one file that imports that optional
// package; it is itself imported when the first clip is opened, so that bundles carry only what is used here.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import {
  CustomSource,
  type EncodedPacket,
  EncodedPacketSink,
  Input,
  type InputVideoTrack,
  MATROSKA,
  MP4,
  QTFF,
  UnsupportedInputFormatError,
  WEBM,
} from "mediabunny";
import type { MediaBytes, Packet, VideoTrack } from "./media.ts";

/** A {@link Demuxer}. */
export async function openTrack(bytes: MediaBytes, name: string): Promise<VideoTrack> {
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
    return await readTrack(input, name);
  } catch (error) {
    input.dispose();
    throw asClipError(failure ?? error, name);
  }
}

async function readTrack(input: Input, name: string): Promise<VideoTrack> {
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
    ...packetsOf(track, name),
    dispose: () => input.dispose(),
  };
}

function packetsOf(track: InputVideoTrack, name: string): Pick<VideoTrack, "times" | "keyPacket" | "nextPacket"> {
  const sink = new EncodedPacketSink(track);
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
      throw asClipError(error, name);
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
function asClipError(error: unknown, name: string): GlimpseError {
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
