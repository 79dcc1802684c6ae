// What the weights package adds in Node: local files and folders, and the Hub through its cache on disk. This file
// only lists the public names.
export { fileSource } from "./file-source.ts";
export { openFolder } from "./folder.ts";
export { type OpenHubOptions, openHub } from "./hub.ts";
export type { DownloadProgress } from "./hub-download.ts";
export { type Environment, type HubSettings, type HubSettingsOptions, hubSettings } from "./hub-settings.ts";
