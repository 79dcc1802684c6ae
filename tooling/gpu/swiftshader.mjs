// A GPU for tests on machines that have none: SwiftShader, the Vulkan driver on the CPU that comes with Chromium. It
// proves numbers, not speed. Importing this prepares the process, before Dawn looks for drivers.
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";

// Dawn asks for a display on the way, and complains of none.
process.env["XDG_RUNTIME_DIR"] ??= os.tmpdir();

const folders = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"];
const folder = folders.find((name) => existsSync(path.join(name, "vk_swiftshader_icd.json")));

/** Why tests cannot run on a GPU here; undefined if they can. A driver that the environment names is used as it is. */
export const noGpu = prepare();

function prepare() {
  if (process.env["VK_DRIVER_FILES"] === undefined) {
    if (process.platform !== "linux") return undefined;
    if (folder === undefined) return "there is no vk_swiftshader_icd.json; it comes with Debian's package chromium";
    process.env["VK_DRIVER_FILES"] = path.join(folder, "vk_swiftshader_icd.json");
  }
  const loader = folder && path.join(folder, "libvulkan.so.1");
  if (loader === undefined || !existsSync(loader)) return undefined;
  try {
    // Dawn finds the Vulkan loader by name, and it may be nowhere but beside Chromium. Once loaded and not to be unloaded
    // (RTLD_NOW | RTLD_NODELETE) it is found; that it is no addon of Node makes dlopen() throw afterwards.
    process.dlopen({ exports: {} }, loader, 0x2 | 0x1000);
  } catch {}
  return undefined;
}
