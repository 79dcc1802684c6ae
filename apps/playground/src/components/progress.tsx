// How far a load is, file by file, and the button that stops it.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { FileProgress } from "../port/protocol.ts";
import { cancelLoad } from "../state/session.ts";
import { bytes } from "../state/units.ts";

/** One bar a file; the list keeps its height and shows its end, where the file is that takes the time. */
export function Progress({ name, files }: { readonly name: string; readonly files: readonly FileProgress[] }) {
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [files.length]);
  return (
    <div class="progress">
      <div class="progress-head">
        <p>Loading {name}</p>
        <button type="button" class="button button-quiet" onClick={cancelLoad}>
          Cancel
        </button>
      </div>
      <ul class="progress-files" ref={list}>
        {files.map(({ file, unit, loaded, total }) => (
          <li key={file}>
            <span class="progress-name">{file}</span>
            <span class="progress-bytes">
              {[loaded, total ?? []]
                .flat()
                .map(unit === "bytes" ? bytes : String)
                .join(" of ")}
            </span>
            <progress
              aria-label={file}
              max={total ?? 1}
              {...(total === undefined && loaded > 0 ? {} : { value: total === undefined ? 0 : loaded })}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
