#!/usr/bin/env node
// The command `glimpse`: hands Node to @glimpsejs/cli.
import { runCommand } from "../dist/node/command.js";

process.exitCode = await runCommand(process.argv.slice(2));
