// Tells a live source from every other subject.

/** Whether a subject is a source of frames that goes on. */
export function isLive(subject: unknown): subject is AsyncIterable<unknown> {
  return typeof subject === "object" && subject !== null && Symbol.asyncIterator in subject;
}
