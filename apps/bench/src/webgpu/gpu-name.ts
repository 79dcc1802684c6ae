// What a GPU is called: the device where the adapter says which it is, else its maker and driver.

/** What an adapter says of itself, any of it possibly empty. */
interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}

/** A GPU's name, such as "nvidia-h200". */
export function gpuName(info: AdapterInfo | undefined): string {
  const { vendor = "", architecture = "", device = "", description = "" } = info ?? {};
  return device === "" ? [vendor, architecture, description].filter((text) => text !== "").join(" ") : device;
}
