// Installs the workspace if its lockfile is not installed yet.
import { ensureInstalled } from "./workspace.mjs";

ensureInstalled();
