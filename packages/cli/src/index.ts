// The command `glimpse`, for a host to run, and the comparison with reference cases, for tests. This file only lists the
// public names.
export type {
  BackendChoice,
  CliHost,
  ClipOpener,
  DispatchTime,
  FileReader,
  FileWriter,
  MachineFacts,
  ProfiledBackend,
  TextOutput,
} from "./host.ts";
export { main } from "./main.ts";
export type { Check, Worst } from "./verify/compare.ts";
export type { VerifyOptions } from "./verify/context.ts";
export type { UnsupportedRun } from "./verify/generate.ts";
export { type CaseReport, caseFolders, verifyCase, verifyCases } from "./verify/verify-cases.ts";
