// The library as examples import it: one bundle, exporting what the package exports in a browser.
export * from "glimpsejs";
