// What the weights package adds in browsers: the Hub through the page's private storage, files and folders that the user
// chose, files of a site. This file only lists the public names.
export type { DownloadProgress } from "./download.ts";
export { type OpenHubOptions, openHub } from "./hub.ts";
export { type CachedFile, type HubCache, OpfsCache } from "./hub-cache.ts";
export { openDirectory, openFiles } from "./local-files.ts";
export { type OpenUrlsOptions, openUrls, type UrlProgress } from "./urls.ts";
