// Compiles every package to dist.
import { build } from "./workspace.mjs";

build();
