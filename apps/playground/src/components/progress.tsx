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
              {amount(unit, loaded)}
              {total !== undefined && ` of ${amount(unit, total)}`}
            </span>
            <Bar file={file} loaded={loaded} total={total} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Of a file whose size is not told the bar only says whether anything has come: without a value it runs to and fro. */
function Bar({ file, loaded, total }: Pick<FileProgress, "file" | "loaded" | "total">) {
  if (total !== undefined) return <progress aria-label={file} max={total} value={loaded} />;
  // Two elements, because a value that was set once cannot be taken away by rendering.
  return loaded > 0 ? <progress key="some" aria-label={file} /> : <progress key="none" aria-label={file} value={0} />;
}

function amount(unit: FileProgress["unit"], number: number): string {
  return unit === "bytes" ? bytes(number) : String(number);
}
