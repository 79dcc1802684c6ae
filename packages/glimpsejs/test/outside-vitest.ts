// For pages that Vitest serves but does not run: it has import() go through something that only its own pages have.
Reflect.set(globalThis, "__vitest_browser_runner__", { wrapDynamicImport: (make: () => Promise<unknown>) => make() });
