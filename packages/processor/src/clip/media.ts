// What clips need from the platform and from the package that reads containers, as values. Nothing is implemented here.

import type { Picture } from "../picture.ts";
import type { Orientation } from "./turn.ts";
import type { VideoConfig, VideoFrameLike, WebCodecs } from "./web-codecs.ts";

/** A media file, read by ranges. */
export interface MediaBytes {
  /** Bytes in all. */
  readonly size: number;
  /** Bytes from `start` up to `end`; 0 ≤ start < end ≤ size. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Closes what `read` reads from. Safe to call twice. */
  close(): Promise<void>;
}

/** One encoded frame. */
export interface Packet {
  readonly type: "key" | "delta";
  /** When it is shown, in microseconds. */
  readonly time: number;
  /** A higher order is decoded later. */
  readonly order: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** The video track of an open file. */
export interface VideoTrack extends Orientation {
  readonly config: VideoConfig;
  /**
   * Calls `each` with the time in microseconds of every frame and when it ends, in the order of the file, without
   * reading their bytes. It stops when `each` returns false.
   */
  times(each: (start: number, end: number) => boolean): Promise<void>;
  /** The last frame that needs no other and is shown no later than `time`, in microseconds. */
  keyPacket(time: number): Promise<Packet | undefined>;
  /** The packet that is decoded after `packet`. */
  nextPacket(packet: Packet): Promise<Packet | undefined>;
  /** Frees what was read of the file; `MediaBytes` stay open. */
  dispose(): void;
}

/** Opens the video track of a file. `name` stands for the file in errors. */
export type Demuxer = (bytes: MediaBytes, name: string) => Promise<VideoTrack>;

/** What decodes clips on one platform. Each is asked for when it is first needed. */
export interface ClipPlatform {
  /** What reads containers. Throws "missing-package". */
  demuxer(): Promise<Demuxer>;
  /** What decodes frames. Throws "missing-package". */
  codecs(): Promise<WebCodecs>;
  /** Reads a frame whose pixel format has no name, where the platform can do that. */
  readonly draw?: ((frame: VideoFrameLike, subject: string) => Picture) | undefined;
}
