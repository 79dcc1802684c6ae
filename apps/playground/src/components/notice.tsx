// A sentence that something went wrong, in the library's own words, which say what to do about it.

/** An error. Announced when it appears. */
export function Notice({ title, message }: { readonly title: string; readonly message: string }) {
  return (
    <div class="notice" role="alert">
      <p class="notice-title">{title}</p>
      <p class="notice-message">{message}</p>
    </div>
  );
}
