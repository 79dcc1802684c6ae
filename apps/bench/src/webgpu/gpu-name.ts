// What a GPU is called: the device where it says which it is, and its driver.

/** A GPU's name, of what its adapter says of itself. */
export function gpuName(
  info:
    | { readonly vendor: string; readonly architecture: string; readonly device: string; readonly description: string }
    | undefined,
): string {
  const { vendor = "", architecture = "", device = "", description = "" } = info ?? {};
  const which = device === "" ? [vendor, architecture] : [device];
  return [...which, description].filter((text) => text !== "").join(" ");
}
